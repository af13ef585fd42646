package load

import (
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/waits"
)

// A sample is one right answer.
type sample struct {
	latency int64 // from the intended time; in a closed loop from the time of sending
	service int64 // from the time of sending
	late    int64 // of the sending; unknown where the connection was not free in time
}

const unknown = -1

// A recorder takes the samples of all connections in one phase. There is one set
// of histograms and not one a connection, since one takes 230 kB: 512 connections
// would need more memory than caches hold, and 10,000 more than many machines.
type recorder struct {
	mu      sync.Mutex
	latency *hdrhistogram.Histogram
	service *hdrhistogram.Histogram
	late    *hdrhistogram.Histogram
}

func newRecorder() *recorder {
	return &recorder{latency: waits.New(), service: waits.New(), late: waits.New()}
}

func (r *recorder) reset() {
	r.latency.Reset()
	r.service.Reset()
	r.late.Reset()
}

func (r *recorder) take(samples []sample, isOpen bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range samples {
		waits.Record(r.latency, s.latency)
		if isOpen {
			waits.Record(r.service, s.service)
			if s.late != unknown {
				waits.Record(r.late, s.late)
			}
		}
	}
}

// A failure is a way in which a request comes to nothing.
type failure int

const (
	wrong failure = iota
	status
	reset
	timeout
	refused
	lost
	failures // how many there are
)

var failureNames = [failures]string{"wrong", "status", "reset", "timeout", "refused", "lost"}

// A tally counts what one connection does in one phase. Its samples wait here,
// so that a request takes no lock; a hundred are handed over in one go.
type tally struct {
	requests   int64
	unfinished int64
	unsent     int64
	reconnects int64
	errors     [failures]int64
	lastNs     int64 // when the last answer that counts had come; drain: when the connection was closed

	samples []sample
}

const samplesKept = 100

func (t *tally) clear() {
	*t = tally{samples: t.samples[:0]}
	if t.samples == nil {
		t.samples = make([]sample, 0, samplesKept)
	}
}

func (t *tally) add(other *tally) {
	t.requests += other.requests
	t.unfinished += other.unfinished
	t.unsent += other.unsent
	t.reconnects += other.reconnects
	for i, n := range other.errors {
		t.errors[i] += n
	}
	t.lastNs = max(t.lastNs, other.lastNs)
}

// failed returns the errors by name, without those that did not happen.
func (t *tally) failed() map[string]int64 {
	found := make(map[string]int64)
	for i, n := range t.errors {
		if n > 0 {
			found[failureNames[i]] = n
		}
	}
	return found
}
