// Package deadline gives many operations a timeout.
package deadline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

// stride shuffles the deadlines. tolerance is how much too early a timeout may come:
// some event loops have timers with a resolution of 1 ms. Both are part of the
// workload, the same for every model.
const (
	stride    = 7_919
	tolerance = 3 * time.Millisecond
)

var errTimeout = errors.New("timeout")

// never is a channel from which nothing comes: what each operation waits for.
var never chan struct{}

// Run gives each operation a context with a timeout.
func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	return limitAll(p, probe, func(timeout time.Duration) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		select {
		case <-never:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// RunAfter selects between each operation and time.After.
func RunAfter(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	return limitAll(p, probe, func(timeout time.Duration) error {
		select {
		case <-never:
			return nil
		case <-time.After(timeout):
			return errTimeout
		}
	})
}

// limitAll starts one goroutine for each operation, which calls limited with the
// time that is left until the deadline of its operation.
func limitAll(p work.Params, probe *work.Probe, limited func(time.Duration) error) (any, error) {
	operations, lead, span := p.Int("operations"), p.Duration("lead_ns"), p.Duration("span_ns")
	var (
		running       sync.WaitGroup
		startedInTime atomic.Int64
		landed        atomic.Int64
	)
	start := time.Now()
	for k := range operations {
		running.Go(func() {
			spread := time.Duration(k * stride % operations)
			due := start.Add(lead + spread*span/time.Duration(operations))
			timeout := time.Until(due)
			if timeout > 0 {
				startedInTime.Add(1)
			}
			if limited(timeout) == nil {
				return // the operation ended, which it never does
			}
			late := time.Since(due)
			probe.Latency(late.Nanoseconds())
			if late >= -tolerance {
				landed.Add(1)
			}
		})
	}
	running.Wait()
	probe.ObserveLeast("started_in_time", int(startedInTime.Load()))
	return landed.Load(), nil
}
