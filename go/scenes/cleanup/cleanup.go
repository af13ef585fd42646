// Package cleanup cancels goroutines A, B and C, which need some time to clean up.
package cleanup

import (
	"context"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
	"loombench/scenes/threetasks"
)

// Run starts three goroutines that wait for one context: a goroutine cannot be
// cancelled from outside. Each names its lane in the trace.
func Run(ctx context.Context, p work.Params, _ *work.Probe) (any, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	loops := p.Int("loops")
	var (
		tasks   sync.WaitGroup
		cleaned atomic.Int64
	)
	for _, name := range []string{"A", "B", "C"} {
		tasks.Go(func() {
			trace.Log(ctx, "lane", name)
			defer func() {
				threetasks.Compute(loops)
				cleaned.Add(1)
			}()
			select {
			case <-time.After(time.Hour):
			case <-ctx.Done():
			}
		})
	}
	time.Sleep(p.Duration("wait_ns"))
	cancel()
	tasks.Wait()
	return cleaned.Load(), nil
}
