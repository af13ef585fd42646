// Package timeoutwait gives a goroutine that waits a context with a timeout.
package timeoutwait

import (
	"context"
	"sync/atomic"
	"time"

	"loombench/internal/witness"
)

const limit, length = 20 * time.Millisecond, 200 * time.Millisecond

// Probe waits for the goroutine or the timeout, whichever is first.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var ended atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-time.After(length):
			ended.Store(true)
		case <-ctx.Done():
		}
	}()
	<-ctx.Done()
	w.Saw("the context says: %v; ended by then: %t", ctx.Err(), ended.Load())
	if ended.Load() {
		return "too late"
	}
	<-stopped
	w.Saw("ended later: %t", ended.Load())
	if ended.Load() {
		return "runs on"
	}
	return "interrupted"
}
