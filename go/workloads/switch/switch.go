// Package switchwork lets many goroutines yield to each other.
package switchwork

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"loombench/internal/work"
)

// A goroutine that has yielded mostYields times gives up. So goroutines that never let
// each other run end as well, and a kernel that keeps one of their threads from
// running for a while does no harm.
const mostYields = 10_000_000

// Run starts one goroutine for each task. Gosched puts a goroutine at the end of the
// global run queue. A goroutine has no identity that it can ask for, so each is given
// a number.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	tasks, wanted := p.Int("tasks"), int64(p.Int("switches"))
	var (
		started  sync.WaitGroup
		group    sync.WaitGroup
		last     atomic.Int64 // who had the last turn
		switches atomic.Int64
		ran      atomic.Int64
	)
	allStarted := make(chan struct{})
	started.Add(tasks)
	for task := range tasks {
		me := int64(task) + 1
		group.Go(func() {
			ran.Add(1)
			started.Done()
			<-allStarted
			for range mostYields {
				if switches.Load() >= wanted {
					return
				}
				if last.Swap(me) != me {
					switches.Add(1)
				}
				runtime.Gosched()
			}
		})
	}
	started.Wait()
	close(allStarted)
	group.Wait()
	probe.ObserveLeast("ran", int(ran.Load()))
	// On several cores, goroutines may count while others look at the count.
	return min(switches.Load(), wanted), nil
}
