// Package sumsquares keeps processors busy: a sum over a range, in parallel.
package sumsquares

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"loombench/internal/work"
)

// most is the largest n whose sum fits an int64. Beyond it the answer would wrap
// around, where Python's integers grow.
const most = 3_024_617

// Run gives each of the chunks, contiguous and of equal size within one, to a
// goroutine. The scheduler spreads them over the processors that GOMAXPROCS
// allows, so the same code is parallel under go and takes turns under go-1cpu.
// Every goroutine writes its own element once, when it is done, and the group's
// Wait orders those writes before the final sum: no lock, no shared counter.
func Run(ctx context.Context, p work.Params, _ *work.Probe) (any, error) {
	n, chunks := int64(p.Int("n")), int64(p.Int("chunks"))
	if n > most {
		return nil, fmt.Errorf("n: found %d, expected at most %d: the sum would not fit 64 bits", n, most)
	}
	sums := make([]int64, chunks)
	group, ctx := errgroup.WithContext(ctx)
	for c := range chunks {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // asked to stop: no further chunk begins
			}
			sums[c] = sumSquares(c*n/chunks, (c+1)*n/chunks)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var total int64
	for _, sum := range sums {
		total += sum
	}
	return total, nil
}

// sumSquares sums i*i for first <= i < end.
func sumSquares(first, end int64) int64 {
	var sum int64
	for i := first; i < end; i++ {
		sum += i * i
	}
	return sum
}
