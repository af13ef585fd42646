package mixed

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"loombench/internal/work"
)

// stepsPerMs is how many steps take 1 ms of CPU time on the machine of the reference
// run: 64 times as many as in CPython 3.11.
const stepsPerMs = 64 * 12_500

// A request waits and then computes so many steps, which return value.
type request struct {
	wait  time.Duration
	steps int64
	value uint64
}

// Prepare plans the requests of every call: the same number of steps in every process.
func Prepare(_ context.Context, p work.Params) (work.Prepared, error) {
	steps := p.Duration("busy_ns").Nanoseconds() * stepsPerMs / 1_000_000
	return request{p.Duration("wait_ns"), steps, compute(steps)}, nil
}

// Close does nothing: a plan holds nothing.
func (request) Close() error { return nil }

// compute is the loop of every model.
func compute(steps int64) uint64 {
	value := uint64(1)
	for range steps {
		value = (value*1_103_515_245 + 12_345) % 2_147_483_648
	}
	return value
}

// computeTimed also returns the CPU time of the computation. Its goroutine keeps its
// thread meanwhile, because the clock is that of the thread.
func computeTimed(steps int64) (value uint64, used time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	value = compute(steps)
	return value, threadTime() - before
}

// threadTime returns the CPU time of the calling thread.
func threadTime() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		return 0 // too little, so that the trial does not count
	}
	return time.Duration(used.Nano())
}
