// Package siblings starts two goroutines that wait and one that panics.
package siblings

import (
	"sync"
	"time"

	"loombench/internal/witness"
)

const wait = 50 * time.Millisecond

// Probe waits for all three. A panic that its goroutine does not recover ends the
// process, so only the harness sees that.
func Probe(w *witness.Witness) string {
	var all sync.WaitGroup
	for _, name := range []string{"first", "second"} {
		all.Go(func() {
			w.Saw("%s sibling: waits", name)
			time.Sleep(wait)
			w.Saw("%s sibling: ran to its end", name)
		})
	}
	all.Go(func() {
		time.Sleep(wait / 5)
		panic("the third task fails")
	})
	all.Wait()
	return "run on"
}
