// Package fanout runs many tasks that all sleep at the same time.
package fanout

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// tolerance is how much too early a task may wake up: some event loops have timers
// with a resolution of 1 ms. It is part of the workload, the same for every model.
const tolerance = time.Millisecond

// Run starts one goroutine for each task, which blocks in time.Sleep, and waits for
// all of them.
//
// A task allocates nothing but its goroutine: all share one closure, and the
// WaitGroup is incremented once. WaitGroup.Go would allocate a closure for each
// task, which matters with a million tasks.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	tasks, wait := p.Int("tasks"), p.Duration("wait_ns")
	var (
		running  sync.WaitGroup
		begun    atomic.Int64
		inFlight atomic.Int64 // tasks that had begun when the first was done
		waited   atomic.Int64
	)
	task := func() {
		defer running.Done()
		begun.Add(1)
		start := time.Now()
		time.Sleep(wait)
		if inFlight.Load() == 0 {
			inFlight.CompareAndSwap(0, begun.Load())
		}
		if time.Since(start) >= wait-tolerance {
			waited.Add(1)
		}
	}
	running.Add(tasks)
	for range tasks {
		go task()
	}
	running.Wait()
	probe.ObserveLeast("in_flight", int(inFlight.Load()))
	return waited.Load(), nil
}
