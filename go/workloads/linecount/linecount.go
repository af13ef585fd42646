// Package linecount counts the lines of text files.
package linecount

import (
	"bufio"
	"context"
	"os"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"loombench/internal/work"
)

// Prepare writes the text files.
func Prepare(_ context.Context, p work.Params) (work.Prepared, error) {
	return makeFiles(p.Int("files"), p.Int("lines"))
}

// Run starts one goroutine for each file, which scans it line by line.
func (f *files) Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	var (
		group   errgroup.Group
		total   atomic.Int64
		inPlace atomic.Int64
	)
	for _, name := range f.names[:p.Int("files")] {
		group.Go(func() error {
			lines, err := countLines(name)
			total.Add(int64(lines))
			inPlace.Add(1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	probe.ObserveLeast("in_place", int(inPlace.Load()))
	return total.Load(), nil
}

func countLines(name string) (int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lines := 0
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		lines++
	}
	return lines, scanner.Err()
}
