package load

import "sync"

// An Alarm wakes many sleepers on time with one timer of the system.
//
// time.Sleep will not do: the runtime waits for its timers in whole milliseconds
// on Linux. Rejected: a thread of its own that sleeps in clock_nanosleep and then
// wakes the rest. It is as precise while it sleeps, but it gives its processor
// (GOMAXPROCS is often 1 here) back only when the runtime's monitor takes it
// away, and must queue for it again when it wakes; docs/load.md has figures.
// Rejected too: spinning, since it takes the core that the answers are read on.
//
// What is left is a timer that is a file (timerfd): the runtime waits for it and
// for the sockets in the same epoll, and a timer that expires is one more event.
type Alarm struct {
	now   func() int64
	timer timer
	beds  []chan struct{} // one a slot; a sleeper waits on it

	mu    sync.Mutex
	queue queue
}

// A timer is the one that the system has.
type timer interface {
	// set makes it expire in so many nanoseconds, at least 1, and forgets what was
	// set before.
	set(ns int64)
	// wait calls expired when it has expired, again and again, for ever. It may do
	// so more often.
	wait(expired func())
}

// NewAlarm returns an alarm for as many sleepers at a time as there are slots,
// numbered from 0, on a monotonic clock in nanoseconds.
func NewAlarm(now func() int64, slots int) (*Alarm, error) {
	t, err := newTimer()
	if err != nil {
		return nil, err
	}
	return newAlarm(now, slots, t), nil
}

func newAlarm(now func() int64, slots int, t timer) *Alarm {
	a := &Alarm{now: now, timer: t, beds: make([]chan struct{}, slots)}
	for i := range a.beds {
		a.beds[i] = make(chan struct{}, 1)
	}
	a.queue = make(queue, 0, slots)
	go t.wait(a.expired)
	return a
}

// SleepUntil returns when it is time.
func (a *Alarm) SleepUntil(slot int, at int64) {
	a.mu.Lock()
	a.queue.push(sleeper{at, a.beds[slot]})
	if a.queue[0].bed == a.beds[slot] { // it is the next to wake
		a.timer.set(max(at-a.now(), 1))
	}
	a.mu.Unlock()
	<-a.beds[slot]
}

// expired wakes those whose time has come and sets the timer for the next.
func (a *Alarm) expired() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) > 0 {
		left := a.queue[0].at - a.now()
		if left > 0 {
			a.timer.set(left)
			return
		}
		a.queue.pop().bed <- struct{}{}
	}
}

type sleeper struct {
	at  int64
	bed chan struct{}
}

// A queue is a heap, the earliest first. container/heap would allocate for each
// that goes to sleep.
type queue []sleeper

func (q *queue) push(s sleeper) {
	*q = append(*q, s)
	all := *q
	for i := len(all) - 1; i > 0; {
		above := (i - 1) / 2
		if all[above].at <= all[i].at {
			return
		}
		all[above], all[i] = all[i], all[above]
		i = above
	}
}

func (q *queue) pop() sleeper {
	all := *q
	first, last := all[0], len(all)-1
	all[0] = all[last]
	all = all[:last]
	*q = all
	for i := 0; ; {
		least := i
		for below := 2*i + 1; below <= 2*i+2 && below < last; below++ {
			if all[below].at < all[least].at {
				least = below
			}
		}
		if least == i {
			return first
		}
		all[i], all[least] = all[least], all[i]
		i = least
	}
}
