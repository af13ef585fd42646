// Package offload hops to another operating system thread and back.
package offload

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"loombench/internal/process"
	"loombench/internal/work"
)

// A visit is a value that a worker is to add one to. The worker leaves the thread on
// which it runs.
type visit struct {
	value, thread int
	done          chan struct{}
}

// Run hops to goroutines that are pinned to a thread of their own by LockOSThread, as
// a library needs that is bound to a thread. So each hop wakes another thread, which
// Go's scheduler otherwise avoids. There are as many workers as asyncio has threads at
// most.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	tasks, hops := p.Int("tasks"), p.Int("hops")
	visits := make(chan *visit)
	workers := make([]bool, 1+min(tasks, 32, runtime.NumCPU()+4)) // whether each had a visit
	var pool sync.WaitGroup
	for worker := 1; worker < len(workers); worker++ {
		pool.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			thread, _ := process.ThreadID()
			for v := range visits {
				v.value, v.thread = v.value+1, thread
				workers[worker] = true
				v.done <- struct{}{}
			}
		})
	}
	total, away := travel(tasks, hops, visits)
	close(visits)
	pool.Wait()
	used := 0
	for _, was := range workers {
		if was {
			used++
		}
	}
	probe.ObserveLeast("away", away)
	probe.Observe("workers", used)
	return total, nil
}

// travel makes all journeys at once. It returns the sum of their values, and how often
// the step was taken on another thread than that of the journey.
func travel(tasks, hops int, visits chan<- *visit) (total, away int) {
	var (
		journeys     sync.WaitGroup
		sum, visited atomic.Int64
	)
	for range tasks {
		journeys.Go(func() {
			v := visit{done: make(chan struct{})}
			steps := 0
			for range hops {
				visits <- &v
				<-v.done
				if isAway(v.thread) {
					steps++
				}
			}
			sum.Add(int64(v.value))
			visited.Add(int64(steps))
		})
	}
	journeys.Wait()
	return int(sum.Load()), int(visited.Load())
}

// isAway reports whether a thread is another than this one. Where the system does not
// tell, it is, because the workers keep their threads to themselves.
func isAway(thread int) bool {
	here, known := process.ThreadID()
	return !known || thread != here
}
