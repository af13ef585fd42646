// Package sumsquares computes a sum over a range in parallel: CPU-bound work.
package sumsquares

import (
	"context"
	"sync"

	"loombench/internal/work"
)

// Run starts one goroutine for each chunk. Chunks are contiguous, and their sizes
// differ by at most one. The scheduler spreads the goroutines over the CPUs that
// GOMAXPROCS allows, so the same code runs in parallel under go and takes turns
// under go-1cpu. Each goroutine writes its own element once. The group's Wait orders
// these writes before the final sum, so there is no lock and no shared counter.
func Run(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
	n, chunks := int64(p.Int("n")), int64(p.Int("chunks"))
	sums := make([]int64, chunks)
	var group sync.WaitGroup
	for c := range chunks {
		group.Go(func() { sums[c] = sumSquares(c*n/chunks, (c+1)*n/chunks) })
	}
	group.Wait()
	var total int64
	for _, sum := range sums {
		total += sum
	}
	return total, nil
}

// sumSquares returns the sum of i*i for first <= i < end.
func sumSquares(first, end int64) int64 {
	var sum int64
	for i := first; i < end; i++ {
		sum += i * i
	}
	return sum
}
