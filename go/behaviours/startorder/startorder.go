// Package startorder starts goroutines, which note their numbers.
package startorder

import (
	"slices"
	"sync"

	"loombench/internal/witness"
)

const tasks, batches = 8, 20

// Probe compares the orders of all batches.
func Probe(w *witness.Witness) string {
	inOrder, lastFirst := make([]int, 0, tasks), []int{tasks - 1}
	for number := range tasks {
		inOrder = append(inOrder, number)
		if number < tasks-1 {
			lastFirst = append(lastFirst, number)
		}
	}
	var orders [][]int
	for range batches {
		orders = append(orders, startAll())
	}
	w.Saw("the first order: %v; the last: %v", orders[0], orders[batches-1])
	differs := func(from []int) bool {
		return slices.ContainsFunc(orders, func(order []int) bool { return !slices.Equal(order, from) })
	}
	switch {
	case !differs(inOrder):
		return "in order"
	case !differs(lastFirst):
		return "last first"
	}
	return "any order"
}

// startAll returns the order in which goroutines have begun.
func startAll() []int {
	var (
		mu    sync.Mutex
		order []int
		all   sync.WaitGroup
	)
	for number := range tasks {
		all.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, number)
		})
	}
	all.Wait()
	return order
}
