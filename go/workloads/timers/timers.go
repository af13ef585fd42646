// Package timers waits for many deadlines at once.
package timers

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// stride shuffles the deadlines. tolerance is how much too early a timer may fire:
// some event loops have timers with a resolution of 1 ms. Both are part of the
// workload, the same for every model.
const (
	stride    = 7_919
	tolerance = 3 * time.Millisecond
)

// Run starts one goroutine for each timer, which blocks in time.Sleep until its
// deadline. A sleeping goroutine holds no thread: the runtime keeps its timer in a
// heap of the P that the goroutine last ran on.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	timers, lead, span := p.Int("timers"), p.Duration("lead_ns"), p.Duration("span_ns")
	var (
		running       sync.WaitGroup
		startedInTime atomic.Int64
		inTime        atomic.Int64
	)
	start := time.Now()
	for k := range timers {
		running.Go(func() {
			spread := time.Duration(k * stride % timers)
			due := start.Add(lead + spread*span/time.Duration(timers))
			wait := time.Until(due)
			if wait > 0 {
				startedInTime.Add(1)
			}
			time.Sleep(wait)
			late := time.Since(due)
			probe.Latency(late.Nanoseconds())
			if late >= -tolerance {
				inTime.Add(1)
			}
		})
	}
	running.Wait()
	probe.ObserveLeast("started_in_time", int(startedInTime.Load()))
	return inTime.Load(), nil
}
