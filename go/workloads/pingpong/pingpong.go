// Package pingpong passes one value back and forth between two tasks.
package pingpong

import (
	"context"

	"loombench/internal/work"
)

type side int

const (
	pinger side = iota
	ponger
)

// Run uses unbuffered channels. A send completes when the other side receives the
// value, and the runtime may run the receiver next without a system call.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	return play(p.Int("rounds"), make(chan int), make(chan int), probe)
}

// play plays ping in the calling goroutine and pong in another one. A round has
// two hand-overs. A goroutine has no identity that it can ask for, so each side
// leaves its name.
func play(rounds int, ping, pong chan int, probe *work.Probe) (any, error) {
	last := pinger // who had the last turn
	go func() {
		defer close(pong)
		for value := range ping {
			last = ponger
			pong <- value + 1
		}
	}()
	value, switches := 0, 0
	for range rounds {
		last = pinger
		ping <- value
		value = <-pong + 1
		if last != pinger {
			switches++
		}
	}
	close(ping)
	<-pong // wait until pong has left its loop: no goroutine outlives the call
	probe.ObserveLeast("switches", switches)
	return value, nil
}
