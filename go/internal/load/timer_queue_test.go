package load

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestTheHeapReturnsTheEarliestDeadlineFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var h sleeperHeap
		var deadlines []int64
		for range random.IntN(50) {
			deadline := random.Int64N(20) // some are equal
			deadlines = append(deadlines, deadline)
			h.push(sleeper{deadline: deadline})
		}
		slices.Sort(deadlines)
		for i, want := range deadlines {
			if got := h.pop().deadline; got != want {
				t.Fatalf("place %d: found %d, expected %d of %v", i, got, want, deadlines)
			}
		}
	}
}

// A manualTimer expires when the test says so.
type manualTimer struct {
	setTo   chan int64
	expires chan struct{}
}

func (m *manualTimer) set(ns int64) { m.setTo <- ns }

func (m *manualTimer) wait(expired func()) {
	for range m.expires {
		expired()
	}
}

func TestSleepersWakeAtTheirDeadlineAndNotBefore(t *testing.T) {
	var clock atomic.Int64
	timer := &manualTimer{setTo: make(chan int64, 3), expires: make(chan struct{})}
	defer close(timer.expires)
	q := newTimerQueue(clock.Load, 3, timer)
	woken := make(chan int, 3)
	sleep := func(slot int, deadline int64) {
		go func() {
			q.SleepUntil(slot, deadline)
			woken <- slot
		}()
	}
	expectSet := func(want int64) {
		t.Helper()
		if got := <-timer.setTo; got != want {
			t.Errorf("timer: found %d, expected %d", got, want)
		}
	}
	sleep(0, 100)
	expectSet(100)
	sleep(1, 50) // an earlier deadline: the timer is set again
	expectSet(50)

	timer.expires <- struct{}{} // too early: it wakes no sleeper
	expectSet(50)
	clock.Store(60)
	timer.expires <- struct{}{}
	if got := <-woken; got != 1 {
		t.Errorf("found slot %d awake, expected 1", got)
	}
	expectSet(40)
	clock.Store(100)
	timer.expires <- struct{}{}
	if got := <-woken; got != 0 {
		t.Errorf("found slot %d awake, expected 0", got)
	}
}

func TestTheSystemTimerNeverWakesASleeperEarly(t *testing.T) {
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) }
	q, err := NewTimerQueue(now, 8)
	if err != nil {
		t.Fatal(err)
	}
	lateness := make(chan int64, 8)
	for slot := range 8 {
		go func() {
			deadline := now() + int64(slot)*100_000
			q.SleepUntil(slot, deadline)
			lateness <- now() - deadline
		}()
	}
	for range 8 {
		if late := <-lateness; late < 0 {
			t.Errorf("found a sleeper that woke %d ns early", -late)
		}
	}
}
