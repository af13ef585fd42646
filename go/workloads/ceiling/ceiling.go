// Package ceiling starts more and more tasks that wait, until something stops it.
package ceiling

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"loombench/internal/work"
)

// Run parks goroutines in a receive from a channel, which is closed at the end. They
// all share one closure, so that a task allocates nothing but its goroutine.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	budget, err := newBudget(p, probe)
	if err != nil {
		return nil, err
	}
	var (
		running        sync.WaitGroup
		waiting, ended atomic.Int64
		started        int
		release        = make(chan struct{})
	)
	task := func() {
		defer running.Done()
		waiting.Add(1)
		<-release
		waiting.Add(-1)
		ended.Add(1)
	}
	for target := budget.grow(0); target > started; target = budget.grow(int(waiting.Load())) {
		running.Add(target - started)
		for ; started < target; started++ {
			go task()
		}
		for waiting.Load() < int64(started) {
			runtime.Gosched() // lets every new goroutine run until it waits
		}
	}
	close(release)
	running.Wait()
	return int64(started) - ended.Load(), nil
}
