// Package footprint parks more and more tasks to measure the memory per task.
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

// Run parks goroutines in a receive from a channel, which is closed at the end. Each
// one takes a stack, the runtime's g struct and an entry in the channel's wait
// queue.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	release := make(chan struct{})
	return grow(p.Int("tasks"), probe, func() { <-release }, func() { close(release) })
}

// RunAsleep parks goroutines that sleep for an hour. time.Sleep cannot be
// cancelled, so each one selects between a timer and a context.
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

// grow starts the tasks in four steps and reports each step to the probe, which
// reads the memory use. Then it releases all tasks. It returns how many have ended.
func grow(tasks int, probe *work.Probe, wait, release func()) (any, error) {
	var (
		running      sync.WaitGroup
		begun, ended atomic.Int64
		states       goroutineStates
	)
	task := func() {
		defer running.Done()
		begun.Add(1)
		wait()
		ended.Add(1)
	}
	for step := 1; step <= steps; step++ {
		target := tasks * step / steps
		added := target - tasks*(step-1)/steps
		running.Add(added)
		for range added {
			go task()
		}
		for begun.Load() < int64(target) || !states.othersWait() {
			runtime.Gosched()
		}
		probe.Parked(target)
	}
	release()
	running.Wait()
	return ended.Load(), nil
}

// goroutineStates reads the number of running and runnable goroutines from the
// runtime. It reuses its memory: garbage would count towards the tasks.
type goroutineStates [2]metrics.Sample

// othersWait reports whether the caller is the only goroutine that is running or
// runnable. It is not enough that every task has begun: a task may not have reached
// its wait yet, and only the scheduler knows. Both numbers are read at the same
// moment.
func (s *goroutineStates) othersWait() bool {
	s[0].Name = "/sched/goroutines/running:goroutines"
	s[1].Name = "/sched/goroutines/runnable:goroutines"
	metrics.Read(s[:])
	return s[0].Value.Uint64() <= 1 && s[1].Value.Uint64() == 0
}
