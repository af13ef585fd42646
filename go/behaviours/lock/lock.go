// Package lock holds a mutex between reading and writing a variable.
package lock

import (
	"sync"
	"time"

	"loombench/internal/witness"
)

const tasks, updates = 4, 100

// Probe lets others run while a goroutine holds the mutex.
func Probe(w *witness.Witness) string {
	var (
		mu    sync.Mutex
		value int
		all   sync.WaitGroup
	)
	update := func() {
		mu.Lock()
		defer mu.Unlock()
		read := value
		time.Sleep(100 * time.Microsecond)
		value = read + 1
	}
	for range tasks {
		all.Go(func() {
			for range updates {
				update()
			}
		})
	}
	all.Wait()
	w.Saw("the value: %d of %d", value, tasks*updates)
	if value == tasks*updates {
		return "none lost"
	}
	return "updates lost"
}
