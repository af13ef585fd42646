// Package cleanup cancels the context of a goroutine that has deferred its cleanup.
package cleanup

import (
	"context"
	"time"

	"loombench/internal/witness"
)

// Probe cancels a goroutine that waits for its context, as a goroutine has to.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithCancel(context.Background())
	word, stopped := "skipped", make(chan struct{})
	go func() {
		defer close(stopped)
		defer func() {
			w.Saw("the deferred cleanup ran")
			if word == "skipped" {
				word = "runs"
			}
		}()
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
			word = "not cancelled"
		}
	}()
	time.Sleep(10 * time.Millisecond)
	cancel()
	<-stopped
	return word
}
