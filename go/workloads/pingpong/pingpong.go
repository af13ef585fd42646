// Package pingpong hands one value back and forth between two tasks.
package pingpong

import (
	"context"

	"loombench/internal/work"
)

// Run plays ping in the calling goroutine and pong in another, over unbuffered
// channels: a send completes when the other side takes the value, and the
// runtime may run the receiver next without a detour through the kernel. Two
// hand-overs a round.
func Run(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
	rounds := p.Int("rounds")
	ping, pong := make(chan int), make(chan int)
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
	<-pong // pong has left its loop: nothing outlives the call
	return value, nil
}
