// Package threetasks runs goroutines A, B and C, which compute and wait in turn.
package threetasks

import (
	"context"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// asFast is about how many times as fast as Python's Go's loops are.
const asFast = 20

// sum keeps the compiler from leaving out the loops.
var sum atomic.Int64

// Run starts three goroutines. Each names its lane in the trace.
func Run(ctx context.Context, p work.Params, _ *work.Probe) (any, error) {
	steps, loops, wait := p.Int("steps"), p.Int("loops"), p.Duration("wait_ns")
	var (
		tasks sync.WaitGroup
		done  atomic.Int64
	)
	for _, name := range []string{"A", "B", "C"} {
		tasks.Go(func() {
			trace.Log(ctx, "lane", name)
			for range steps {
				Compute(loops)
				done.Add(1)
				time.Sleep(wait)
			}
		})
	}
	tasks.Wait()
	return done.Load(), nil
}

// Compute keeps a processor busy for about as long as Python's loops do.
func Compute(loops int) {
	total := 0
	for i := range asFast * loops {
		total ^= i * total
	}
	sum.Add(int64(total))
}
