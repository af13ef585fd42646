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

// Run ticks with time.Sleep in the calling goroutine. After a fifth of the ticks it
// starts the other work in a second goroutine. There is no event loop to block:
// while the work computes, the runtime preempts it every 10 ms, and while it is in
// a system call, another thread runs the ticks.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	job, cleanUp, err := newJob(p.String("beside"), p.Int("amount"))
	if err != nil {
		return nil, err
	}
	defer cleanUp()
	ticks := p.Int("ticks")
	done := make(chan bool, 1)
	start := time.Now()
	for k := 1; k <= ticks; k++ {
		due := start.Add(time.Duration(k) * period)
		time.Sleep(time.Until(due))
		probe.Latency(time.Since(due).Nanoseconds())
		if k == max(1, ticks/5) {
			go func() { done <- job() }()
		}
	}
	if <-done {
		return ticks + 1, nil
	}
	return ticks, nil
}

// A job does the other work. It reports whether it succeeded.
type job func() bool

// newJob returns the job of that kind, and a function to call after it.
func newJob(kind string, amount int) (job job, cleanUp func(), err error) {
	duration := time.Duration(amount)
	noCleanUp := func() {}
	switch kind {
	case "nothing":
		return func() bool { return true }, noCleanUp, nil
	case "cpu":
		return func() bool { return spin(duration) }, noCleanUp, nil
	case "block":
		return func() bool { return block(duration) }, noCleanUp, nil
	case "read":
		return newRead(amount)
	}
	return nil, noCleanUp, fmt.Errorf("beside: found %q, expected nothing, cpu, block or read", kind)
}

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
func newRead(size int) (read job, cleanUp func(), err error) {
	folder, err := os.MkdirTemp("", "loombench-")
	if err != nil {
		return nil, nil, err
	}
	cleanUp = func() { os.RemoveAll(folder) }
	name := filepath.Join(folder, "file")
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i) // not zeros: a file system may leave them out
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		cleanUp()
		return nil, nil, err
	}
	return func() bool {
		content, err := os.ReadFile(name)
		return err == nil && len(content) == size
	}, cleanUp, nil
}
