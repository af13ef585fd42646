// Package speedup shares the same work among more and more goroutines.
package speedup

import (
	"context"
	"sync"

	"loombench/internal/work"
)

const size = 1_000 // numbers in the table

// Run starts one goroutine for each part. Each leaves its sum and counts itself in an
// element of its own, so there is no lock.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	passes, workers := p.Int("passes"), p.Int("workers")
	var shared []int64
	if p.String("state") == "shared" {
		shared = makeTable()
	}
	var group sync.WaitGroup
	totals := make([]int64, workers)
	seen := make([]int, workers)
	for w := range workers {
		group.Go(func() {
			table := shared
			if table == nil {
				table = makeTable()
			}
			totals[w] = addUp(table, (w+1)*passes/workers-w*passes/workers)
			seen[w]++
		})
	}
	group.Wait()
	var total int64
	ran := 0
	for w := range workers {
		total += totals[w]
		ran += seen[w]
	}
	probe.ObserveLeast("workers_seen", ran)
	return total, nil
}

// makeTable returns the numbers from 1,000 to 1,999.
func makeTable() []int64 {
	table := make([]int64, size)
	for i := range table {
		table[i] = int64(size + i)
	}
	return table
}

// addUp adds up the table so many times.
func addUp(table []int64, passes int) int64 {
	var total int64
	for range passes {
		for _, number := range table {
			total += number
		}
	}
	return total
}
