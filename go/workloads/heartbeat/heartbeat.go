// Package heartbeat ticks every 10 ms while something else is done beside it.
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

// Run ticks in the calling goroutine, by time.Sleep, and does the work in another
// one that it starts a fifth into the ticks. There is no loop that the work could
// block: while it computes, the runtime's monitor takes the processor from it
// every 10 ms, and while it is in a system call, the thread is left to it and
// another one goes on.
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	job, clean, err := newJob(p.String("beside"), p.Int("amount"))
	if err != nil {
		return nil, err
	}
	defer clean()
	ticks := p.Int("ticks")
	done := make(chan bool, 1)
	start := time.Now()
	for k := 1; k <= ticks; k++ {
		due := start.Add(time.Duration(k) * period)
		time.Sleep(time.Until(due))
		probe.Latency(max(0, time.Since(due).Nanoseconds()))
		if k == max(1, ticks/5) {
			go func() { done <- job() }()
		}
	}
	if <-done {
		return ticks + 1, nil
	}
	return ticks, nil
}

// A job is the work. It tells whether it was done.
type job func() bool

// newJob returns the work of a kind, and what is to be done after it.
func newJob(kind string, amount int) (job, func(), error) {
	duration := time.Duration(amount)
	nothing := func() {}
	switch kind {
	case "nothing":
		return func() bool { return true }, nothing, nil
	case "cpu":
		return func() bool { return spin(duration) }, nothing, nil
	case "block":
		return func() bool { return block(duration) }, nothing, nil
	case "read":
		return newRead(amount)
	}
	return nil, nothing, fmt.Errorf("beside: found %q, expected nothing, cpu, block or read", kind)
}

// spin keeps a processor busy: it looks at the clock and does nothing else.
func spin(duration time.Duration) bool {
	start := time.Now()
	for time.Since(start) < duration {
	}
	return true
}

// block blocks its thread in a system call. time.Sleep would not: it parks the
// goroutine, and the thread goes on with another one.
func block(duration time.Duration) bool {
	start := time.Now()
	for left := duration; left > 0; left = duration - time.Since(start) { // a signal ends it early
		timeout := unix.NsecToTimeval(left.Nanoseconds() + 999) // whole microseconds, rounded up
		if _, err := unix.Select(0, nil, nil, nil, &timeout); err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
	}
	return true
}

// newRead makes the file that is read; what was just written is in the cache.
func newRead(size int) (job, func(), error) {
	folder, err := os.MkdirTemp("", "loombench-")
	if err != nil {
		return nil, nil, err
	}
	clean := func() { os.RemoveAll(folder) }
	name := filepath.Join(folder, "file")
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i) // not zeros, which a file system may not store
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		clean()
		return nil, nil, err
	}
	return func() bool {
		read, err := os.ReadFile(name)
		return err == nil && len(read) == size
	}, clean, nil
}
