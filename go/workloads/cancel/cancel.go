// Package cancel cancels many waiting tasks at once.
package cancel

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// spin is how long before the cancellation the caller stops sleeping and waits
// actively: a sleep that ends late would count as slow cancellation. It is part of
// the workload, the same for every model.
const spin = 2 * time.Millisecond

// Run starts one goroutine for each task. All share one context; each waits for its
// own timer or for the context, and cleans up in a deferred function. A goroutine
// cannot be cancelled from outside: it ends because it selects on Done.
func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		running          sync.WaitGroup
		waiting, cleaned atomic.Int64
	)
	moment := time.Now().Add(p.Duration("lead_ns"))
	for range p.Int("tasks") {
		running.Go(func() {
			defer cleaned.Add(1)
			waiting.Add(1)
			sleep(ctx, time.Hour)
		})
	}
	time.Sleep(time.Until(moment) - spin)
	probe.ObserveLeast("waiting", int(waiting.Load()-cleaned.Load()))
	for time.Now().Before(moment) {
	}
	cancel()
	running.Wait()
	probe.ObserveLeast("cleaned", int(cleaned.Load()))
	return cleaned.Load(), nil
}

// sleep waits for that long, or until ctx is cancelled.
func sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
