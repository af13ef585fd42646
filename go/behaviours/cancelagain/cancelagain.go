// Package cancelagain ignores a cancelled context and waits on it again.
package cancelagain

import (
	"context"
	"time"

	"loombench/internal/witness"
)

// Probe cancels a goroutine that goes on and waits a second time.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithCancel(context.Background())
	word := make(chan string)
	go func() {
		<-ctx.Done()
		w.Saw("cancelled at the first wait; ignores it")
		select {
		case <-ctx.Done():
			w.Saw("cancelled at the second wait")
			word <- "at every wait"
		case <-time.After(20 * time.Millisecond):
			w.Saw("the second wait ended in time")
			word <- "once"
		}
	}()
	time.Sleep(10 * time.Millisecond)
	cancel()
	return <-word
}
