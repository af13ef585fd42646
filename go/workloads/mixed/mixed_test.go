package mixed

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"loombench/internal/work"
)

func TestLatencyCountsFromWhenARequestCouldBegin(t *testing.T) {
	// Two at a time: the second could begin at 100, and the third when the first was
	// done, at 110.
	spans := []span{{130, 135}, {108, 120}, {100, 110}}
	for atATime, want := range map[int][]time.Duration{2: {10, 20, 25}, 10: {10, 20, 35}} {
		if got := latencies(slices.Clone(spans), atATime); !slices.Equal(got, want) {
			t.Errorf("%d at a time: found %v, expected %v", atATime, got, want)
		}
	}
}

func TestOnlyTheComputationCountsAsCPUTime(t *testing.T) {
	var ended atomic.Bool
	defer ended.Store(true)
	go func() {
		for !ended.Load() { // computes beside the requests
		}
	}()
	params := work.Params{"busy_ns": 0, "wait_ns": 10_000_000, "concurrency": 2, "requests": 4}
	requests, err := Prepare(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	probe := work.NewProbe(nil)
	answer, err := requests.Run(t.Context(), params, probe)
	used := time.Duration(probe.Observed()["used_ns"])
	if err != nil || answer != int64(4) || used <= 0 || used > time.Millisecond {
		t.Errorf("found %v %v, used %v; expected 4 and at most 1ms for no steps", answer, err, used)
	}
}

func TestTheCPUTimeOfAnotherThreadDoesNotCount(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	computed := make(chan uint64)
	go func() { computed <- compute(50 * stepsPerMs) }()
	<-computed
	if used := threadTime() - before; used <= 0 || used > 10*time.Millisecond {
		t.Errorf("found %v, expected little: another thread has computed for about 50ms", used)
	}
}
