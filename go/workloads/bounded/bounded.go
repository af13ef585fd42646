// Package bounded runs many jobs of uneven length, a few at a time.
package bounded

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"loombench/internal/work"
)

// tolerance is how much too early a job may end: some event loops have timers with
// a resolution of 1 ms. It is part of the workload, the same for every model.
const tolerance = time.Millisecond

// Run starts one goroutine for each job in an errgroup with a limit, which starts
// the next goroutine only when there is room.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	var flight flight
	var group errgroup.Group
	group.SetLimit(p.Int("limit"))
	for job := range p.Int("jobs") {
		group.Go(func() error {
			flight.work(job, p.Duration("unit_ns"))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return flight.report(p, probe), nil
}

// RunSemaphore starts one goroutine for each job, which takes a place in a buffered
// channel while it works.
func RunSemaphore(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	var flight flight
	var running sync.WaitGroup
	places := make(chan struct{}, p.Int("limit"))
	for job := range p.Int("jobs") {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			flight.work(job, p.Duration("unit_ns"))
		})
	}
	running.Wait()
	return flight.report(p, probe), nil
}

// RunWorkers starts a few goroutines, which receive the jobs from a channel.
func RunWorkers(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	var flight flight
	var running sync.WaitGroup
	jobs := make(chan int)
	for range p.Int("limit") {
		running.Go(func() {
			for job := range jobs {
				flight.work(job, p.Duration("unit_ns"))
			}
		})
	}
	for job := range p.Int("jobs") {
		jobs <- job
	}
	close(jobs)
	running.Wait()
	return flight.report(p, probe), nil
}

// A flight does the jobs and counts those that are in flight.
type flight struct {
	now, most, done atomic.Int64
}

// work waits for 1 to 10 units; each length comes once in ten jobs.
func (f *flight) work(job int, unit time.Duration) {
	f.observe(f.now.Add(1))
	defer f.now.Add(-1)
	units := 1 + job*3%10
	wait := time.Duration(units) * unit
	start := time.Now()
	time.Sleep(wait)
	if time.Since(start) >= wait-tolerance {
		f.done.Add(int64(units))
	}
}

// observe keeps the largest number of jobs in flight.
func (f *flight) observe(now int64) {
	for most := f.most.Load(); now > most; most = f.most.Load() {
		if f.most.CompareAndSwap(most, now) {
			return
		}
	}
}

// report tells the probe how many jobs were in flight at most, and how many more
// than allowed. It returns the units that are done.
func (f *flight) report(p work.Params, probe *work.Probe) int64 {
	most := int(f.most.Load())
	probe.ObserveLeast("in_flight", most)
	probe.Observe("above_limit", max(0, most-p.Int("limit")))
	return f.done.Load()
}
