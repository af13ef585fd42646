// Package footprint has more and more tasks wait, to see what one more weighs.
package footprint

import (
	"context"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"loombench/internal/work"
)

const steps = 4

// Run parks goroutines in a receive from a channel that is closed at the end:
// nothing is kept for one but its stack, the runtime's own record of it and its
// place in the channel's queue.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	release := make(chan struct{})
	return grow(p.Int("tasks"), probe, func() { <-release }, func() { close(release) })
}

// RunAsleep has each goroutine sleep for an hour. time.Sleep cannot be
// cancelled; what can is a timer, and a select between it and a context.
func RunAsleep(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	ctx, cancel := context.WithCancel(ctx)
	sleep := func() {
		timer := time.NewTimer(time.Hour)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return grow(p.Int("tasks"), probe, sleep, cancel)
}

// grow starts the tasks in four steps, has the memory read after each, and lets
// all of them go. It returns how many have waited and ended.
func grow(tasks int, probe *work.Probe, wait, release func()) (any, error) {
	var (
		running      sync.WaitGroup
		begun, ended atomic.Int64
		others       scheduler
	)
	task := func() {
		defer running.Done()
		begun.Add(1)
		wait()
		ended.Add(1)
	}
	for step := 1; step <= steps; step++ {
		target := tasks * step / steps
		fresh := target - tasks*(step-1)/steps
		running.Add(fresh)
		for range fresh {
			go task()
		}
		for begun.Load() < int64(target) || !others.wait() {
			runtime.Gosched()
		}
		probe.Parked(target)
	}
	release()
	running.Wait()
	return ended.Load(), nil
}

// A scheduler says what goroutines do. It is asked again and again, and answers
// into the same place: garbage would be weighed with the tasks.
type scheduler [2]metrics.Sample

// wait tells whether no goroutine runs or could run but the calling one. That a
// task has begun is not enough: it may be on its way to where it waits, and only
// the scheduler knows. Both numbers are of one moment.
func (s *scheduler) wait() bool {
	s[0].Name = "/sched/goroutines/running:goroutines"
	s[1].Name = "/sched/goroutines/runnable:goroutines"
	metrics.Read(s[:])
	return s[0].Value.Uint64() <= 1 && s[1].Value.Uint64() == 0
}
