// Package turnstile has many goroutines pass through one lock.
package turnstile

import (
	"context"
	"runtime"
	"sync"

	"loombench/internal/work"
)

// Run uses a Mutex: a goroutine that waits for it spins briefly before it parks.
func Run(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
	tasks, passes := p.Int("tasks"), p.Int("passes")
	var (
		running sync.WaitGroup
		lock    sync.Mutex
		passed  int
	)
	for range tasks {
		running.Go(func() {
			for range passes {
				lock.Lock()
				seen := passed
				runtime.Gosched()
				passed = seen + 1
				lock.Unlock()
			}
		})
	}
	running.Wait()
	return passed, nil
}
