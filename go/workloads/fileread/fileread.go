// Package fileread reads many files and digests each.
package fileread

import (
	"context"
	"crypto/sha256"
	"os"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"loombench/internal/work"
)

// Prepare writes the files. It leaves them in the page cache, or outside it if
// `cache` is `cold`.
func Prepare(_ context.Context, p work.Params) (work.Prepared, error) {
	return makeFiles(p.Int("files"), p.Int("file_bytes"), p.String("cache") == "cold")
}

// Run starts one goroutine for each file, which reads the whole file and digests it.
// A read from the page cache copies memory in a system call: the goroutine keeps its
// thread meanwhile, and the runtime gives the CPU to another thread if the call takes
// long.
func (f *files) Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	names := f.names[:p.Int("files")]
	numbers := make([]int, len(names)) // each goroutine writes its own element
	var (
		group   errgroup.Group
		inPlace atomic.Int64
	)
	for i, name := range names {
		group.Go(func() error {
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			numbers[i] = f.numberOf[sha256.Sum256(content)]
			inPlace.Add(1)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	probe.ObserveLeast("in_place", int(inPlace.Load()))
	return addDistinct(numbers), nil
}

// addDistinct adds the numbers, each once, so that a file that is read twice does not
// stand for another.
func addDistinct(numbers []int) int {
	slices.Sort(numbers)
	sum := 0
	for _, number := range slices.Compact(numbers) {
		sum += number
	}
	return sum
}
