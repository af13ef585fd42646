// Package preemption counts in a goroutine while another one computes.
package preemption

import (
	"sync/atomic"
	"time"

	"loombench/internal/witness"
)

const length = 100 * time.Millisecond

// Probe computes itself. On one processor the runtime has to interrupt it.
func Probe(w *witness.Witness) string {
	var ticks atomic.Int64
	done := make(chan struct{})
	defer close(done)
	go func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				ticks.Add(1)
			case <-done:
				return
			}
		}
	}()
	time.Sleep(10 * time.Millisecond)
	before := ticks.Load()
	for start := time.Now(); time.Since(start) < length; {
	}
	meanwhile := ticks.Load() - before
	w.Saw("ticks before: %d; during the computation: %d", before, meanwhile)
	if meanwhile > 0 {
		return "yes"
	}
	return "no"
}
