package load

import (
	"fmt"
	"testing"
)

func TestRequestsAreSpreadEvenlyOverTheDuration(t *testing.T) {
	for _, test := range []struct {
		schedule schedule
		count    int64
		n, dueNs int64
	}{
		{schedule{2000, second}, 2000, 1999, 999_500_000},
		{schedule{1, second}, 1, 0, 0},
		{schedule{3, second}, 3, 2, 666_666_666},
		{schedule{3, 666_666_666}, 2, 1, 333_333_333}, // due at the end, so not before it
		{schedule{3, 666_666_667}, 3, 2, 666_666_666},
		{schedule{7, 10 * second}, 70, 69, 9_857_142_857},
		{schedule{10, 1}, 1, 0, 0},                                                                         // the first request is always before the end
		{schedule{100_000_000, 86_400 * second}, 8_640_000_000_000, 8_639_999_999_999, 86_399_999_999_990}, // the largest
	} {
		if got := test.schedule.count(); got != test.count {
			t.Errorf("%+v: found %d requests, expected %d", test.schedule, got, test.count)
		}
		if got := test.schedule.dueNs(test.n); got != test.dueNs {
			t.Errorf("%+v: found request %d due at %d, expected %d", test.schedule, test.n, got, test.dueNs)
		}
	}
}

func TestCountIsTheNumberOfRequestsDueBeforeTheEnd(t *testing.T) {
	for rate := int64(1); rate < 50; rate++ {
		for _, duration := range []int64{1, 20_408_163, 20_408_164, second - 1, second, second + 1} {
			s := schedule{rate, duration}
			n := s.count()
			if s.dueNs(n-1) >= duration || s.dueNs(n) < duration {
				t.Errorf("%+v: found %d requests, the last one at %d and the next at %d", s, n, s.dueNs(n-1), s.dueNs(n))
			}
		}
	}
}

func TestALadderStepRaisesTheRateByTheFactorAndAtLeastByOne(t *testing.T) {
	for _, test := range []struct{ rate, percent, want int64 }{
		{1000, 150, 1500}, {1500, 150, 2250}, {1, 101, 2}, {99, 101, 100}, {3, 200, 6},
	} {
		if got := nextRate(test.rate, test.percent); got != test.want {
			t.Errorf("%d at %d%%: found %d, expected %d", test.rate, test.percent, got, test.want)
		}
	}
}

func TestAStepIsSaturatedBelow95PercentOrAboveAP99Of100ms(t *testing.T) {
	for _, test := range []struct {
		rate, requests, elapsed, p99 int64
		want                         bool
	}{
		{1000, 1000, second, 1, false},
		{1000, 950, second, 1, false}, // exactly 95%
		{1000, 949, second, 1, true},
		{1000, 1000, second * 100 / 95, 1, false},
		{1000, 1000, second*100/95 + 1, 1, true},
		{1000, 0, second, 0, true},
		{1000, 1000, second, 100_000_000, false}, // exactly 100 ms
		{1000, 1000, second, 100_000_001, true},
		{100_000_000, 8_640_000_000_000, 86_400 * second, 1, false}, // the largest; would overflow 64 bits
		{100_000_000, 8_000_000_000_000, 86_400 * second, 1, true},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			if got := isSaturated(test.rate, test.requests, test.elapsed, test.p99); got != test.want {
				t.Errorf("found %t, expected %t", got, test.want)
			}
		})
	}
}
