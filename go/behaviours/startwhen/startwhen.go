// Package startwhen looks whether a new goroutine has run after a computation.
package startwhen

import (
	"sync/atomic"
	"time"

	"loombench/internal/witness"
)

const length = 50 * time.Millisecond

// Probe computes after it has started the goroutine.
func Probe(w *witness.Witness) string {
	var began atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		began.Store(true)
	}()
	for start := time.Now(); time.Since(start) < length; {
	}
	meanwhile := began.Load()
	<-ended
	w.Saw("began after the computation: %t", meanwhile)
	if meanwhile {
		return "meanwhile"
	}
	return "at the next wait"
}
