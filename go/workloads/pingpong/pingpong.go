// Package pingpong passes one value back and forth between two tasks.
package pingpong

import (
	"context"

	"loombench/internal/work"
)

// Run uses unbuffered channels. A send completes when the other side receives the
// value, and the runtime may run the receiver next without a system call.
func Run(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
	return play(p.Int("rounds"), make(chan int), make(chan int))
}

// play plays ping in the calling goroutine and pong in another one. A round has
// two hand-overs.
func play(rounds int, ping, pong chan int) (any, error) {
	go func() {
		defer close(pong)
		for value := range ping {
			pong <- value + 1
		}
	}()
	value := 0
	for range rounds {
		ping <- value
		value = <-pong + 1
	}
	close(ping)
	<-pong // wait until pong has left its loop: no goroutine outlives the call
	return value, nil
}
