// Package fanout starts many tasks that all wait at the same time.
package fanout

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// tolerance is how much too short a wait may be: the timers of some event loops
// count whole milliseconds. It is part of the workload, the same in every model.
const tolerance = time.Millisecond

// Run starts a goroutine a task, each blocked in time.Sleep, and waits for all.
//
// Nothing is kept for a task but the goroutine: all share one closure, and the
// group is told their number once. WaitGroup.Go would allocate a closure for
// each, which counts when there are a million.
func Run(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
	tasks, wait := p.Int("tasks"), p.Duration("wait_ns")
	var (
		running sync.WaitGroup
		waited  atomic.Int64
	)
	task := func() {
		defer running.Done()
		start := time.Now()
		time.Sleep(wait)
		if time.Since(start) >= wait-tolerance {
			waited.Add(1)
		}
	}
	running.Add(tasks)
	for range tasks {
		go task()
	}
	running.Wait()
	return waited.Load(), nil
}
