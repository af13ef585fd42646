// Package workloads_test runs every implementation at a tiny size with a known
// answer, in a bubble where sleeping takes no time and durations are exact.
package workloads_test

import (
	"testing"
	"testing/synctest"
	"time"

	"loombench/internal/protocol"
	"loombench/internal/registry"
	"loombench/internal/work"
)

const ms = int(time.Millisecond)

// A tiny is a case small enough for a test.
type tiny struct {
	params work.Params
	want   string        // canonical JSON
	lasts  time.Duration // in the bubble, where computing takes no time
}

var known = map[string][]tiny{
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
	"pingpong": {
		{work.Params{"rounds": 3}, "6", 0},
		{work.Params{"rounds": 0}, "0", 0},
	},
}

func TestEveryImplementationAnswersAsExpectedAndConcurrently(t *testing.T) {
	for _, entry := range registry.All() {
		cases, ok := known[entry.Workload]
		if !ok {
			t.Errorf("%s: found no tiny case, expected one in this test", entry.Source)
		}
		for _, c := range cases {
			t.Run(entry.Workload+"/"+entry.Variant, func(t *testing.T) {
				// The bubble ends when its goroutines have: an implementation
				// that leaves one waiting fails here.
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					answer, err := entry.Run(t.Context(), c.params, work.NewProbe(nil))
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

func TestSumsquaresRefusesASumThatWouldWrapAround(t *testing.T) {
	for _, entry := range registry.All() {
		if entry.Workload != "sumsquares" {
			continue
		}
		if answer, err := entry.Run(t.Context(), work.Params{"n": 3_024_618, "chunks": 1}, nil); err == nil {
			t.Errorf("%s: found %v, expected an error", entry.Source, answer)
		}
	}
}
