package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	waitingTasks = 1_000
	operations   = 100
	span         = 30 * time.Millisecond
	limit        = 10
	unit         = 2 * time.Millisecond
	steps        = 800_000 // of the computation of a request
	pause        = 5 * time.Millisecond
)

// cancelAll is `cancel`; size is its lead.
func cancelAll(size int) int {
	var group sync.WaitGroup
	var done atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	moment := time.Now().Add(time.Duration(size))
	for range waitingTasks {
		group.Go(func() {
			defer done.Add(1)
			timer := time.NewTimer(time.Hour)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		})
	}
	time.Sleep(time.Until(moment) - 2*time.Millisecond)
	for time.Now().Before(moment) {
	}
	cancel()
	group.Wait()
	return int(done.Load())
}

// deadline gives each operation a timeout; size is its lead.
func deadline(size int) int {
	var group sync.WaitGroup
	var mu sync.Mutex
	var late []time.Duration
	start := time.Now().Add(time.Duration(size))
	for k := range operations {
		group.Go(func() {
			due := start.Add(time.Duration(k*7_919%operations) * span / operations)
			ctx, cancel := context.WithTimeout(context.Background(), time.Until(due))
			defer cancel()
			select {
			case <-make(chan struct{}):
			case <-ctx.Done():
			}
			mu.Lock()
			late = append(late, time.Since(due))
			mu.Unlock()
		})
	}
	group.Wait()
	return len(late)
}

// bounded does as errgroup.SetLimit does; size is the number of jobs.
func bounded(size int) int {
	var group sync.WaitGroup
	var done atomic.Int64
	places := make(chan struct{}, limit)
	for k := range size {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			time.Sleep(time.Duration(1+k*3%10) * unit)
			done.Add(1)
		})
	}
	group.Wait()
	return int(done.Load())
}

// mixed handles requests that wait and compute; size is their number.
func mixed(size int) int {
	var group sync.WaitGroup
	var done atomic.Int64
	pending := make(chan struct{})
	for range limit {
		group.Go(func() {
			for range pending {
				time.Sleep(pause)
				if compute() != 0 {
					done.Add(1)
				}
			}
		})
	}
	for range size {
		pending <- struct{}{}
	}
	close(pending)
	group.Wait()
	return int(done.Load())
}

//go:noinline
func compute() uint64 {
	value := uint64(1)
	for range steps {
		value = (value*1_103_515_245 + 12_345) % 2_147_483_648
	}
	return value
}
