// Package timeoutblocking gives a goroutine in a blocking system call a context
// with a timeout.
package timeoutblocking

import (
	"context"
	"sync/atomic"
	"syscall"
	"time"

	"loombench/internal/witness"
)

const limit, length = 20 * time.Millisecond, 200 * time.Millisecond

// Probe waits for the timeout while select(2) blocks a thread.
func Probe(w *witness.Witness) string {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var ended atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for start := time.Now(); time.Since(start) < length; { // a signal may interrupt the call
			left := syscall.NsecToTimeval(int64(length - time.Since(start)))
			_, _ = syscall.Select(0, nil, nil, nil, &left)
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
