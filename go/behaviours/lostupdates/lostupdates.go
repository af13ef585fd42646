// Package lostupdates increments a variable in four goroutines without a lock.
package lostupdates

import (
	"sync"

	"loombench/internal/witness"
)

const tasks, updates = 4, 3_000_000

// Probe has a data race, on purpose. The goroutines begin together.
func Probe(w *witness.Witness) string {
	value := new(int)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range tasks {
		all.Go(func() {
			<-begin
			for range updates {
				add(value)
			}
		})
	}
	close(begin)
	all.Wait()
	w.Saw("the value: %d of %d", *value, tasks*updates)
	if *value == tasks*updates {
		return "none lost"
	}
	return "updates lost"
}

// add is not inlined, so that each update reads and writes memory.
//
//go:noinline
func add(value *int) { *value++ }
