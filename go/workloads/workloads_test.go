// Package workloads_test runs every implementation at a tiny size with a known
// answer, in a synctest bubble, where sleeping takes no time and durations are
// exact.
package workloads_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loombench/internal/protocol"
	"loombench/internal/registry"
	"loombench/internal/work"
)

const ms = int(time.Millisecond)

// A tinyCase is a case small enough for a test.
type tinyCase struct {
	params work.Params
	want   string        // canonical JSON
	lasts  time.Duration // on the bubble's clock, where computing takes no time
}

// tinyCases are the cases of each workload that is not a server.
var tinyCases = map[string][]tinyCase{
	"noop":    {{work.Params{}, "0", 0}},
	"kitchen": {{work.Params{"unit_ns": 5 * ms}, "20", 50 * time.Millisecond}},
	"fanout": {
		{work.Params{"tasks": 100, "wait_ns": 5 * ms}, "100", 5 * time.Millisecond},
		{work.Params{"tasks": 1, "wait_ns": 0}, "1", 0},
	},
	"sumsquares": {
		{work.Params{"n": 10, "chunks": 3}, "285", 0},
		{work.Params{"n": 2, "chunks": 5}, "1", 0},
		{work.Params{"n": 3_024_617, "chunks": 7}, "9223371388520336796", 0},
	},
	"speedup": {
		{work.Params{"passes": 10, "workers": 3, "state": "own"}, "14995000", 0},
		{work.Params{"passes": 2, "workers": 5, "state": "shared"}, "2999000", 0},
	},
	"heartbeat": {
		{work.Params{"ticks": 5, "beside": "nothing", "on": "loop", "amount": 0}, "6", 50 * time.Millisecond},
		{work.Params{"ticks": 100, "beside": "nothing", "on": "loop", "amount": 0}, "101", time.Second},
	},
	"footprint": {
		{work.Params{"tasks": 8}, "8", 0},
		{work.Params{"tasks": 1_003}, "1003", 0},
	},
	"timers": {
		{work.Params{"timers": 10, "lead_ns": 50 * ms, "span_ns": 10 * ms}, "10", 59 * time.Millisecond},
		{work.Params{"timers": 7_919, "lead_ns": 50 * ms, "span_ns": 100 * ms}, "7919", 50 * time.Millisecond}, // all deadlines are equal
	},
	"fileread": {
		{work.Params{"files": 3, "file_bytes": 10_000, "cache": "warm"}, "6", 0},
		{work.Params{"files": 1, "file_bytes": 1, "cache": "warm"}, "1", 0},
	},
	"filestream": {
		{work.Params{"file_bytes": 8_192, "chunk_bytes": 2_048}, "8204", 0},
		{work.Params{"file_bytes": 1_024, "chunk_bytes": 1_024}, "1024", 0},
	},
	"linecount": {
		{work.Params{"files": 3, "lines": 1_000}, "3006", 0},
		{work.Params{"files": 1, "lines": 1}, "2", 0},
	},
	"switch": {
		{work.Params{"tasks": 3, "switches": 60}, "60", 0},
		{work.Params{"tasks": 5, "switches": 1}, "1", 0},
	},
	"spawn": {
		{work.Params{"tasks": 5}, "5", 0},
		{work.Params{"tasks": 1_000}, "1000", 0},
	},
	"pipeline": {
		{work.Params{"items": 20, "stages": 2, "capacity": 2}, "2850", 0},
		{work.Params{"items": 3, "stages": 0, "capacity": 9}, "5", 0},
	},
	"counter": {
		{work.Params{"tasks": 3, "increments": 4, "suspensions": 1}, "12", 0},
		{work.Params{"tasks": 2, "increments": 5, "suspensions": 0}, "10", 0},
	},
	"offload": {
		{work.Params{"tasks": 1, "hops": 3, "way": "to-thread"}, "3", 0},
		{work.Params{"tasks": 5, "hops": 4, "way": "to-thread"}, "20", 0},
	},
	"pickling": {
		{work.Params{"bytes": 1_000, "to": "process"}, "2000", 0},
		{work.Params{"bytes": 1, "to": "process"}, "2", 0},
	},
	"cancel": {
		{work.Params{"tasks": 10, "lead_ns": 0}, "10", 0}, // to wait actively does not advance the bubble's clock
	},
	"deadline": {
		{work.Params{"operations": 10, "lead_ns": 50 * ms, "span_ns": 10 * ms}, "10", 59 * time.Millisecond},
	},
	"bounded": {
		// The order of the jobs changes how long other limits take.
		{work.Params{"jobs": 10, "limit": 10, "unit_ns": 5 * ms}, "55", 50 * time.Millisecond},
		{work.Params{"jobs": 10, "limit": 1, "unit_ns": 5 * ms}, "55", 275 * time.Millisecond},
	},
	"mixed": {
		{work.Params{"busy_ns": ms / 10, "wait_ns": 5 * ms, "concurrency": 2, "requests": 4}, "4", 10 * time.Millisecond},
	},
	"ceiling": {
		{work.Params{"at_most": 4, "time_ns": 1_000 * ms, "memory_bytes": 1 << 20}, "0", 0},
		{work.Params{"at_most": 1_003, "time_ns": 1_000 * ms, "memory_bytes": 1 << 20}, "0", 0},
	},
	"pingpong": {
		{work.Params{"rounds": 3}, "6", 0},
		{work.Params{"rounds": 0}, "0", 0},
	},
}

// servers are the workloads that servers_test.go tests over connections.
var servers = []string{"drain", "echo", "http"}

func TestEveryImplementationIsCorrectAndConcurrent(t *testing.T) {
	for _, entry := range registry.All() {
		if slices.Contains(servers, entry.Workload) || clients[entry.Workload] != nil {
			continue
		}
		cases, ok := tinyCases[entry.Workload]
		if !ok {
			t.Errorf("%s: found no tiny case, expected one in tinyCases", entry.Source)
		}
		for _, c := range cases {
			t.Run(entry.Workload+"/"+entry.Variant, func(t *testing.T) {
				// The bubble ends when all its goroutines have ended. An implementation
				// that leaves one waiting fails here.
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					answer, err := call(t, entry, c.params, work.NewProbe(nil))
					lasted := time.Since(start)
					if err != nil {
						t.Fatal(err)
					}
					got, err := protocol.Canonical(answer)
					if err != nil || string(got) != c.want {
						t.Errorf("%v: found %s %v, expected %s", c.params, got, err, c.want)
					}
					if lasted != c.lasts {
						t.Errorf("%v: found %v, expected %v", c.params, lasted, c.lasts)
					}
				})
			})
		}
	}
}

// A recordingSink keeps what an implementation reports to its probe.
type recordingSink struct {
	ports chan int // nil: not a server

	mu        sync.Mutex
	latencies []int64
	parked    []int
}

func (s *recordingSink) Latency(ns int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latencies = append(s.latencies, ns)
}

func (s *recordingSink) Parked(tasks int) int64 {
	s.parked = append(s.parked, tasks)
	return 0
}

func (s *recordingSink) Listening(port int) { s.ports <- port }

func run(t *testing.T, workload, variant string, params work.Params) (answer any, sink *recordingSink) {
	t.Helper()
	sink = &recordingSink{}
	answer, err := call(t, find(t, workload, variant), params, work.NewProbe(sink))
	if err != nil {
		t.Fatal(err)
	}
	return answer, sink
}

// call prepares an implementation, runs one call and cleans up.
func call(t *testing.T, entry registry.Entry, params work.Params, probe *work.Probe) (answer any, err error) {
	t.Helper()
	prepared, err := entry.Preparing()(t.Context(), params)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	return prepared.Run(t.Context(), params, probe)
}

func find(t *testing.T, workload, variant string) registry.Entry {
	t.Helper()
	all := registry.All()
	i := slices.IndexFunc(all, func(e registry.Entry) bool { return e.Workload == workload && e.Variant == variant })
	if i < 0 {
		t.Fatalf("found no %s/%s", workload, variant)
	}
	return all[i]
}

func TestEveryTickAndTimerReportsOneLatencyOfAtLeastZero(t *testing.T) {
	for _, test := range []struct {
		workload  string
		params    work.Params
		latencies int
		want      any
	}{
		// Not in a bubble: computing, or blocking a thread, does not advance its clock.
		{"heartbeat", work.Params{"ticks": 5, "beside": "nothing", "on": "loop", "amount": 0}, 5, 6},
		{"heartbeat", work.Params{"ticks": 5, "beside": "cpu", "on": "loop", "amount": 3 * ms}, 5, 6},
		{"heartbeat", work.Params{"ticks": 10, "beside": "block", "on": "loop", "amount": 5 * ms}, 10, 11},
		{"heartbeat", work.Params{"ticks": 5, "beside": "read", "on": "loop", "amount": 100_000}, 5, 6},
		{"timers", work.Params{"timers": 100, "lead_ns": 50 * ms, "span_ns": 10 * ms}, 100, int64(100)},
	} {
		answer, sink := run(t, test.workload, "", test.params)
		if answer != test.want || len(sink.latencies) != test.latencies || slices.Min(sink.latencies) < 0 {
			t.Errorf("%s %v: found %v, latencies %v", test.workload, test.params, answer, sink.latencies)
		}
	}
}

func TestHeartbeatRejectsUnknownWork(t *testing.T) {
	params := work.Params{"ticks": 5, "beside": "sing", "on": "loop", "amount": 0}
	if answer, err := call(t, find(t, "heartbeat", ""), params, nil); err == nil {
		t.Errorf("found %v, expected an error", answer)
	}
}

func TestFootprintReportsFourPoints(t *testing.T) {
	for _, variant := range []string{"", "asleep"} {
		for tasks, want := range map[int][]int{8: {2, 4, 6, 8}, 10: {2, 5, 7, 10}, 4: {1, 2, 3, 4}} {
			answer, sink := run(t, "footprint", variant, work.Params{"tasks": tasks})
			if answer != int64(tasks) || !slices.Equal(sink.parked, want) {
				t.Errorf("%q: found %v at %v, expected %d at %v", variant, answer, sink.parked, tasks, want)
			}
		}
	}
}

func TestCeilingGrowsToTheMostThatIsAllowed(t *testing.T) {
	probe := work.NewProbe(nil)
	params := work.Params{"at_most": 100, "time_ns": 60_000 * ms, "memory_bytes": 1 << 20}
	if _, err := find(t, "ceiling", "").Run(t.Context(), params, probe); err != nil {
		t.Fatal(err)
	}
	if most := probe.Observed()["most"]; most != 100 {
		t.Errorf("found %d, expected 100", most)
	}
}

func TestCeilingTakesNoMoreThanHalfOfTheFreeMemory(t *testing.T) {
	params := work.Params{"at_most": 4, "time_ns": 1_000 * ms, "memory_bytes": 1 << 50}
	if _, err := find(t, "ceiling", "").Run(t.Context(), params, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("found %v, expected that it is unsupported", err)
	}
}
