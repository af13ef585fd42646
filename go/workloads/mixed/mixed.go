// Package mixed handles requests that wait and then compute, a few at a time.
package mixed

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// tolerance is how much too early a wait may end: some event loops have timers with
// a resolution of 1 ms. It is part of the workload, the same for every model.
const tolerance = time.Millisecond

// Run starts a few goroutines, which receive the requests from a channel. Each waits
// and then computes.
func (each request) Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	requests, concurrency := p.Int("requests"), p.Int("concurrency")
	var running sync.WaitGroup
	handler := handler{begun: time.Now(), spans: make([]span, requests)}
	pending := make(chan struct{})
	for range concurrency {
		running.Go(func() {
			for range pending {
				handler.handle(each)
			}
		})
	}
	for range requests {
		pending <- struct{}{}
	}
	close(pending)
	running.Wait()
	most := int(handler.most.Load())
	probe.ObserveLeast("in_flight", most)
	probe.Observe("above_limit", max(0, most-concurrency))
	probe.ObserveLeast("used_ns", int(handler.used.Load())/requests)
	for _, latency := range latencies(handler.spans, concurrency) {
		probe.Latency(latency.Nanoseconds())
	}
	return handler.correct.Load(), nil
}

// A handler counts the requests in flight, those that were done and handled correctly,
// and the CPU time of their computations. It keeps when each began and ended.
type handler struct {
	now, most, correct, done atomic.Int64
	used                     atomic.Int64 // in nanoseconds
	begun                    time.Time
	spans                    []span // of the requests that are done
}

// handle waits, and then computes.
func (h *handler) handle(one request) {
	h.observe(h.now.Add(1))
	defer h.now.Add(-1)
	start := time.Now()
	time.Sleep(one.wait)
	waited := time.Since(start) >= one.wait-tolerance
	value, used := computeTimed(one.steps)
	h.used.Add(used.Nanoseconds())
	if value == one.value && waited {
		h.correct.Add(1)
	}
	h.spans[h.done.Add(1)-1] = span{start.Sub(h.begun), time.Since(h.begun)}
}

// A span is when a request began and ended, counted from the beginning of the call.
type span struct{ start, end time.Duration }

// latencies returns how long each request took since it could begin: the first ones at
// once, and each further one when another was done. So the time in which a request does
// not get to begin counts too.
func latencies(spans []span, atATime int) []time.Duration {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	ends := make([]time.Duration, 0, len(spans))
	for _, one := range spans {
		ends = append(ends, one.end)
	}
	slices.Sort(ends)
	found := make([]time.Duration, 0, len(spans))
	for i, one := range spans {
		since := spans[0].start
		if i >= atATime {
			since = ends[i-atATime]
		}
		found = append(found, one.end-since)
	}
	return found
}

// observe keeps the largest number of requests in flight.
func (h *handler) observe(now int64) {
	for most := h.most.Load(); now > most; most = h.most.Load() {
		if h.most.CompareAndSwap(most, now) {
			return
		}
	}
}
