package work

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestParamsReturnTheValuesOfTheCase(t *testing.T) {
	p := Params{"tasks": int64(3), "wait_ns": 1500, "mode": "fast"}
	if got := p.Int("tasks"); got != 3 {
		t.Errorf("Int: found %d, expected 3", got)
	}
	if got := p.Duration("wait_ns"); got != 1500*time.Nanosecond {
		t.Errorf("Duration: found %v, expected 1.5µs", got)
	}
	if got := p.String("mode"); got != "fast" {
		t.Errorf("String: found %q, expected %q", got, "fast")
	}
}

func TestParamsPanicWithFoundAndExpected(t *testing.T) {
	p := Params{"tasks": int64(3), "mode": "fast"}
	for _, test := range []struct {
		name, want string
		get        func()
	}{
		{"missing integer", `params: rounds: found nothing, expected an integer (the case gives: mode, tasks)`, func() { p.Int("rounds") }},
		{"string for integer", `params: mode: found "fast", expected an integer`, func() { p.Int("mode") }},
		{"string for duration", `params: mode: found "fast", expected an integer`, func() { p.Duration("mode") }},
		{"integer for string", `params: tasks: found 3, expected a string`, func() { _ = p.String("tasks") }},
		{"no parameters at all", `params: tasks: found nothing, expected an integer (the case gives: none)`, func() { Params(nil).Int("tasks") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); got != test.want {
					t.Errorf("found %s\nexpected %s", got, test.want)
				}
			}()
			test.get()
		})
	}
}

func TestObserveKeepsTheLargestOfEachName(t *testing.T) {
	probe := NewProbe(nil)
	var tasks sync.WaitGroup
	for n := range 100 {
		tasks.Go(func() {
			probe.Observe("in flight", n)
			probe.Observe("below zero", -1-n)
		})
	}
	tasks.Wait()
	if got := probe.Observed(); len(got) != 2 || got["in flight"] != 99 || got["below zero"] != -1 {
		t.Errorf("found %v, expected in flight 99, below zero -1", got)
	}
}

func TestObserveLeastKeepsTheSmallest(t *testing.T) {
	probe := NewProbe(nil)
	for _, n := range []int{5, 3, 4} {
		probe.ObserveLeast("in flight", n)
	}
	if got := probe.Observed()["in flight"]; got != 3 {
		t.Errorf("got %d, want 3: one call that is too low is enough to know", got)
	}
}

func TestObservedIsACopy(t *testing.T) {
	probe := NewProbe(nil)
	probe.Observe("n", 1)
	probe.Observed()["n"] = 7
	if got := probe.Observed()["n"]; got != 1 {
		t.Errorf("found %d, expected 1", got)
	}
}

func TestAProbeWithoutASinkDiscardsEverything(t *testing.T) {
	for _, probe := range []*Probe{nil, NewProbe(nil)} {
		probe.Latency(1)
		probe.Parked(1)
		probe.Listening(1)
		if got := probe.Observed(); got == nil || len(got) != 0 {
			t.Errorf("found %v, expected an empty map", got)
		}
	}
	(*Probe)(nil).Observe("n", 1)
}

func TestAnUnusedProbeAllocatesNothing(t *testing.T) {
	probe := NewProbe(nil)
	use := func() {
		probe.Latency(1)
	}
	if n := testing.AllocsPerRun(100, use); n != 0 {
		t.Errorf("found %v allocations, expected none", n)
	}
}
