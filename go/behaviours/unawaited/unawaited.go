// Package unawaited starts a goroutine that panics and does not wait for it.
package unawaited

import (
	"time"

	"loombench/internal/witness"
)

// Probe ends normally only if the panic of another goroutine does not end the
// process.
func Probe(w *witness.Witness) string {
	w.Saw("a goroutine panics; nobody waits for it")
	go func() { panic("nobody waits for this") }()
	time.Sleep(50 * time.Millisecond)
	return "silent"
}
