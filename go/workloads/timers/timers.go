// Package timers waits for many moments at once.
package timers

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// How the moments are mixed, and how much too early a timer may go off: the
// timers of some event loops count whole milliseconds. Both are part of the
// workload, the same in every model.
const (
	stride    = 7_919
	tolerance = 3 * time.Millisecond
)

// Run starts a goroutine a timer, each blocked in time.Sleep until its moment. A
// sleeping goroutine holds no thread: the runtime keeps its timer on a heap of
// the processor that it last ran on.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	timers, lead, span := p.Int("timers"), p.Duration("lead_ns"), p.Duration("span_ns")
	var (
		running sync.WaitGroup
		inTime  atomic.Int64
	)
	start := time.Now()
	for k := range timers {
		running.Go(func() {
			spread := time.Duration(k * stride % timers)
			due := start.Add(lead + spread*span/time.Duration(timers))
			time.Sleep(time.Until(due))
			late := time.Since(due)
			probe.Latency(max(0, late.Nanoseconds()))
			if late >= -tolerance {
				inTime.Add(1)
			}
		})
	}
	running.Wait()
	return inTime.Load(), nil
}
