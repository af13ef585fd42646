// Package spawn starts goroutines that do nothing, and waits for them.
package spawn

import (
	"context"
	"fmt"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"loombench/internal/work"
)

// Run starts one goroutine for each task. A goroutine has no identity that could
// prove that it is not its parent, so the runtime's own count must have grown too.
func Run(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
	tasks := p.Int("tasks")
	before, err := created()
	if err != nil {
		return nil, err
	}
	var (
		group sync.WaitGroup
		ran   atomic.Int64
	)
	task := func() { ran.Add(1) }
	for range tasks {
		group.Go(task)
	}
	group.Wait()
	after, err := created()
	if err != nil {
		return nil, err
	}
	return min(ran.Load(), after-before), nil
}

// created returns how many goroutines the runtime has started.
func created() (int64, error) {
	count := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(count)
	if count[0].Value.Kind() != metrics.KindUint64 {
		return 0, fmt.Errorf("%s: found no such metric, expected Go 1.26 or later", count[0].Name)
	}
	return int64(count[0].Value.Uint64()), nil
}
