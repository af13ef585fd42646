// Package ctrlc interrupts the process while a goroutine waits.
package ctrlc

import (
	"syscall"
	"time"

	"loombench/internal/witness"
)

// Probe reports before the signal ends the process.
func Probe(w *witness.Witness) string {
	begun := make(chan struct{})
	go func() {
		word := "cleanup runs"
		defer func() { w.Conclude(word) }()
		close(begun)
		time.Sleep(200 * time.Millisecond)
		word = "runs on"
	}()
	<-begun
	w.Saw("SIGINT is sent to the process; it has no handler")
	w.Conclude("no cleanup")
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGINT)
	time.Sleep(time.Second)
	return ""
}
