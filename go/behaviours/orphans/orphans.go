// Package orphans returns from main while a goroutine waits.
package orphans

import (
	"time"

	"loombench/internal/witness"
)

// Probe returns at once, and the process ends. The goroutine would report a later
// word if anything waited for it.
func Probe(w *witness.Witness) string {
	started := make(chan struct{})
	go func() {
		word := "cancelled"
		defer func() { w.Conclude(word) }()
		close(started)
		time.Sleep(100 * time.Millisecond)
		word = "waited for"
	}()
	<-started
	w.Saw("main returns")
	return "abandoned"
}
