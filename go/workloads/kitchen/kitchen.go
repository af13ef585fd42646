// Package kitchen cooks three dishes at once: waits of different lengths.
package kitchen

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

// Run gives each dish a goroutine that blocks in time.Sleep. A sleeping
// goroutine holds no thread: the runtime keeps its timer on a heap and makes it
// runnable when the time has come, so the kitchen is as slow as its slowest dish.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	unit := p.Duration("unit_ns")
	var (
		dishes   sync.WaitGroup
		cooked   atomic.Int64
		inFlight atomic.Int32
	)
	for _, units := range []int64{10, 3, 7} {
		dishes.Go(func() {
			probe.Observe("in_flight", int(inFlight.Add(1)))
			defer inFlight.Add(-1)
			wait := time.Duration(units) * unit
			start := time.Now()
			time.Sleep(wait)
			if time.Since(start) >= wait-tolerance {
				cooked.Add(units)
			}
		})
	}
	dishes.Wait()
	return cooked.Load(), nil
}
