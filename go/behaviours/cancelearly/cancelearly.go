// Package cancelearly cancels the context of a goroutine before it starts.
package cancelearly

import (
	"context"

	"loombench/internal/witness"
)

// Probe cancels at once. A goroutine starts all the same: it has to look at its
// context itself.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithCancel(context.Background())
	word, stopped := "never starts", make(chan struct{})
	cancel()
	go func() {
		defer close(stopped)
		word = "starts"
		w.Saw("the goroutine runs; its context says: %v", ctx.Err())
	}()
	<-stopped
	return word
}
