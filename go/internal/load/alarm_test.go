package load

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestTheQueueGivesTheEarliestFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var q queue
		var times []int64
		for range random.IntN(50) {
			at := random.Int64N(20) // some are equal
			times = append(times, at)
			q.push(sleeper{at: at})
		}
		slices.Sort(times)
		for i, want := range times {
			if got := q.pop().at; got != want {
				t.Fatalf("place %d: found %d, expected %d of %v", i, got, want, times)
			}
		}
	}
}

// A handTimer expires when the test says so.
type handTimer struct {
	setTo   chan int64
	expires chan struct{}
}

func (h *handTimer) set(ns int64) { h.setTo <- ns }

func (h *handTimer) wait(expired func()) {
	for range h.expires {
		expired()
	}
}

func TestSleepersWakeWhenTheirTimeHasComeAndNotBefore(t *testing.T) {
	var clock atomic.Int64
	hand := &handTimer{setTo: make(chan int64, 3), expires: make(chan struct{})}
	defer close(hand.expires)
	a := newAlarm(clock.Load, 3, hand)
	woken := make(chan int, 3)
	sleep := func(slot int, at int64) {
		go func() {
			a.SleepUntil(slot, at)
			woken <- slot
		}()
	}
	expectSet := func(want int64) {
		t.Helper()
		if got := <-hand.setTo; got != want {
			t.Errorf("timer: found %d, expected %d", got, want)
		}
	}
	sleep(0, 100)
	expectSet(100)
	sleep(1, 50) // earlier: the timer is set again
	expectSet(50)

	hand.expires <- struct{}{} // too early: nobody wakes
	expectSet(50)
	clock.Store(60)
	hand.expires <- struct{}{}
	if got := <-woken; got != 1 {
		t.Errorf("found slot %d awake, expected 1", got)
	}
	expectSet(40)
	clock.Store(100)
	hand.expires <- struct{}{}
	if got := <-woken; got != 0 {
		t.Errorf("found slot %d awake, expected 0", got)
	}
}

func TestTheSystemsTimerWakesNobodyEarly(t *testing.T) {
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) }
	a, err := NewAlarm(now, 8)
	if err != nil {
		t.Fatal(err)
	}
	woken := make(chan int64, 8)
	for slot := range 8 {
		go func() {
			at := now() + int64(slot)*100_000
			a.SleepUntil(slot, at)
			woken <- now() - at
		}()
	}
	for range 8 {
		if late := <-woken; late < 0 {
			t.Errorf("found a sleeper %d ns early", -late)
		}
	}
}
