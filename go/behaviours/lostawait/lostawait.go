// Package lostawait lets others run between reading and writing a variable.
package lostawait

import (
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/witness"
)

const tasks, updates = 4, 100

// Probe reads and writes atomically, so that there is no data race, and loses
// updates all the same.
func Probe(w *witness.Witness) string {
	var value atomic.Int64
	var all sync.WaitGroup
	for range tasks {
		all.Go(func() {
			for range updates {
				read := value.Load()
				time.Sleep(100 * time.Microsecond)
				value.Store(read + 1)
			}
		})
	}
	all.Wait()
	w.Saw("the value: %d of %d", value.Load(), tasks*updates)
	if value.Load() == tasks*updates {
		return "none lost"
	}
	return "updates lost"
}
