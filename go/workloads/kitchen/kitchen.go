// Package kitchen cooks three dishes at once, which take different times.
package kitchen

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

// Run starts one goroutine for each dish, which blocks in time.Sleep. A sleeping
// goroutine holds no thread: the runtime keeps its timer in a heap and makes it
// runnable when the timer expires. So all dishes together take as long as the
// slowest one.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	unit := p.Duration("unit_ns")
	var (
		dishes   sync.WaitGroup
		cooked   atomic.Int64
		begun    atomic.Int64
		inFlight atomic.Int64 // dishes that had begun when the first was done
	)
	for _, units := range []int64{10, 3, 7} {
		dishes.Go(func() {
			begun.Add(1)
			wait := time.Duration(units) * unit
			start := time.Now()
			time.Sleep(wait)
			inFlight.CompareAndSwap(0, begun.Load())
			if time.Since(start) >= wait-tolerance {
				cooked.Add(units)
			}
		})
	}
	dishes.Wait()
	probe.ObserveLeast("in_flight", int(inFlight.Load()))
	return cooked.Load(), nil
}
