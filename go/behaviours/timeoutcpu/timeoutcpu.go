// Package timeoutcpu gives a goroutine that computes a context with a timeout.
package timeoutcpu

import (
	"context"
	"sync/atomic"
	"time"

	"loombench/internal/witness"
)

const limit, length = 20 * time.Millisecond, 200 * time.Millisecond

// Probe waits for the timeout. Work that does not look at its context does not
// notice it.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var ended atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for start := time.Now(); time.Since(start) < length; {
		}
		ended.Store(true)
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
