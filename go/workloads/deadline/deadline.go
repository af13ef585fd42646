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

// An operation waits for what never comes, and then cleans up.
type operation struct {
	never chan struct{}
	ended bool // whether it has cleaned up
}

func (o *operation) cleanUp() { o.ended = true }

// Run gives each operation a context with a timeout.
func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	return limitAll(p, probe, func(o *operation, timeout time.Duration) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		defer o.cleanUp()
		select {
		case <-o.never:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// RunAfter selects between each operation and time.After.
func RunAfter(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	return limitAll(p, probe, func(o *operation, timeout time.Duration) error {
		defer o.cleanUp()
		select {
		case <-o.never:
			return nil
		case <-time.After(timeout):
			return errTimeout
		}
	})
}

// limitAll starts one goroutine for each operation, which calls limited with the
// time that is left until the deadline of its operation.
func limitAll(p work.Params, probe *work.Probe, limited func(*operation, time.Duration) error) (any, error) {
	operations, lead, span := p.Int("operations"), p.Duration("lead_ns"), p.Duration("span_ns")
	var (
		running       sync.WaitGroup
		startedInTime atomic.Int64
		landed        atomic.Int64
	)
	start := time.Now()
	for k := range operations {
		running.Go(func() {
			o := operation{never: make(chan struct{})}
			spread := time.Duration(k * stride % operations)
			due := start.Add(lead + spread*span/time.Duration(operations))
			timeout := time.Until(due)
			if timeout > 0 {
				startedInTime.Add(1)
			}
			if limited(&o, timeout) == nil {
				return // the operation ended, which it never does
			}
			late := time.Since(due)
			probe.Latency(late.Nanoseconds())
			if o.ended && late >= -tolerance {
				landed.Add(1)
			}
		})
	}
	running.Wait()
	probe.ObserveLeast("started_in_time", int(startedInTime.Load()))
	return landed.Load(), nil
}
