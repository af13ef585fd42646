// Package pipeline passes values through a chain of channels.
package pipeline

import (
	"context"
	"sync/atomic"

	"loombench/internal/work"
)

// Run starts a goroutine for the producer and for each stage; the calling goroutine
// is the consumer. Each closes its output when its input has ended, so the consumer
// knows that all others have ended.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	items, capacity := p.Int("items"), p.Int("capacity")
	var received atomic.Int64
	source := make(chan int, capacity)
	go func() {
		defer close(source)
		for value := range items {
			source <- value
		}
		probe.ObserveLeast("overlapped", int(received.Load()))
	}()
	var last <-chan int = source
	for range p.Int("stages") {
		last = passOn(last, capacity)
	}
	position, total := 0, 0
	for value := range last {
		total += position * value
		position++
		received.Add(1)
	}
	return total, nil
}

// passOn starts a stage that adds 1 to each value, and returns its output.
func passOn(source <-chan int, capacity int) <-chan int {
	output := make(chan int, capacity)
	go func() {
		defer close(output)
		for value := range source {
			output <- value + 1
		}
	}()
	return output
}
