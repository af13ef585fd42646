// Package counter has many goroutines count up one counter.
package counter

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"loombench/internal/work"
)

// Run uses a Mutex. A goroutine that waits for it spins briefly before it parks, and
// one that has just released it may take it again.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	suspends := p.Int("suspensions") > 0
	var (
		lock    sync.Mutex
		counter int
	)
	inAll := count(p, probe, func() {
		lock.Lock()
		seen := counter
		if suspends {
			runtime.Gosched()
		}
		counter = seen + 1
		lock.Unlock()
	})
	probe.Observe("lost_updates", inAll-counter)
	return counter, nil
}

// RunAtomic needs no lock. Where nothing happens between reading and writing, it adds
// in one step. Where the goroutine yields in between, it writes only if the counter
// is still what it read, and begins again if not.
func RunAtomic(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	var counter atomic.Int64
	increment := func() { counter.Add(1) }
	if p.Int("suspensions") > 0 {
		increment = func() {
			for {
				seen := counter.Load()
				runtime.Gosched()
				if counter.CompareAndSwap(seen, seen+1) {
					return
				}
			}
		}
	}
	inAll := count(p, probe, increment)
	probe.Observe("lost_updates", inAll-int(counter.Load()))
	return counter.Load(), nil
}

// RunUnlocked reads and writes one after the other. Each of the two is atomic, so
// that there is no data race; together they are not, and updates are lost.
func RunUnlocked(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	suspends := p.Int("suspensions") > 0
	var counter atomic.Int64
	inAll := count(p, probe, func() {
		seen := counter.Load()
		if suspends {
			runtime.Gosched()
		}
		counter.Store(seen + 1)
	})
	lost := inAll - int(counter.Load())
	probe.Observe("lost_updates", lost)
	return int(counter.Load()) + lost, nil
}

// count starts the goroutines, each of which calls increment many times, and waits
// for them. It returns the number of calls. Goroutines wait for each other before the
// first call: a few increments last no longer than starting a goroutine, so that they
// would often not meet.
func count(p work.Params, probe *work.Probe, increment func()) int {
	tasks, increments := p.Int("tasks"), p.Int("increments")
	var (
		arriving, running sync.WaitGroup
		begun             atomic.Int64
		inFlight          atomic.Int64 // goroutines that had begun when the first was done
		inAll             atomic.Int64
	)
	all := make(chan struct{}) // closed when all have begun
	arriving.Add(tasks)
	for range tasks {
		running.Go(func() {
			begun.Add(1)
			arriving.Done()
			<-all
			for range increments {
				increment()
			}
			inFlight.CompareAndSwap(0, begun.Load())
			inAll.Add(int64(increments))
		})
	}
	arriving.Wait()
	close(all)
	running.Wait()
	probe.ObserveLeast("in_flight", int(inFlight.Load()))
	return int(inAll.Load())
}
