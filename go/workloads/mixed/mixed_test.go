package mixed

import (
	"slices"
	"testing"
	"time"
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
