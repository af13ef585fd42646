// Package cleanupwait waits in the deferred cleanup of a cancelled goroutine.
package cleanupwait

import (
	"context"
	"time"

	"loombench/internal/witness"
)

// Probe cancels a goroutine whose cleanup takes time.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithCancel(context.Background())
	word, stopped := "cut short", make(chan struct{})
	go func() {
		defer close(stopped)
		defer func() {
			w.Saw("cleanup begins")
			time.Sleep(20 * time.Millisecond)
			w.Saw("cleanup ends")
			word = "waits"
		}()
		<-ctx.Done()
	}()
	cancel()
	<-stopped
	return word
}
