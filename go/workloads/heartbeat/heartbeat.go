// Package heartbeat ticks every 10 ms while other work runs beside it.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"loombench/internal/work"
)

const period = 10 * time.Millisecond

// A job is the other work. Its do reports whether it succeeded.
type job struct {
	do     func() bool
	folder string // of the file that it reads; "" if it reads none
}

// Prepare writes the file that the other work reads, if it reads one.
func Prepare(_ context.Context, p work.Params) (work.Prepared, error) {
	amount := p.Int("amount")
	duration := time.Duration(amount)
	switch kind := p.String("beside"); kind {
	case "nothing":
		return job{do: func() bool { return true }}, nil
	case "cpu":
		return job{do: func() bool { return spin(duration) }}, nil
	case "block":
		return job{do: func() bool { return block(duration) }}, nil
	case "read":
		return newRead(amount)
	default:
		return nil, fmt.Errorf("beside: found %q, expected nothing, cpu, block or read", kind)
	}
}

// Run ticks with time.Sleep in the calling goroutine. After a fifth of the ticks it
// starts the other work in a second goroutine. There is no event loop to block:
// while the work computes, the runtime preempts it every 10 ms, and while it is in
// a system call, another thread runs the ticks.
func (j job) Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	ticks := p.Int("ticks")
	done := make(chan bool, 1)
	start := time.Now()
	for k := 1; k <= ticks; k++ {
		due := start.Add(time.Duration(k) * period)
		time.Sleep(time.Until(due))
		probe.Latency(time.Since(due).Nanoseconds())
		if k == max(1, ticks/5) {
			go func() { done <- j.do() }()
		}
	}
	if <-done {
		return ticks + 1, nil
	}
	return ticks, nil
}

// Close removes the file, if there is one: removing "" does nothing.
func (j job) Close() error { return os.RemoveAll(j.folder) }

// spin is a busy-wait: it keeps a CPU busy by reading the clock.
func spin(duration time.Duration) bool {
	start := time.Now()
	for time.Since(start) < duration {
	}
	return true
}

// block blocks its thread in a system call. time.Sleep would only park the
// goroutine, and the thread would run another one.
func block(duration time.Duration) bool {
	start := time.Now()
	for left := duration; left > 0; left = duration - time.Since(start) { // a signal ends select early
		timeout := unix.NsecToTimeval(left.Nanoseconds() + 999) // rounded up to whole microseconds
		if _, err := unix.Select(0, nil, nil, nil, &timeout); err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
	}
	return true
}

// newRead writes a file and returns a job that reads it, from the page cache.
func newRead(size int) (work.Prepared, error) {
	folder, err := os.MkdirTemp("", "loombench-")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(folder, "file")
	read := job{func() bool { return readWhole(name, size) }, folder}
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i) // not zeros: a file system may leave them out
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return nil, errors.Join(err, read.Close())
	}
	return read, nil
}

func readWhole(name string, size int) bool {
	content, err := os.ReadFile(name)
	return err == nil && len(content) == size
}
