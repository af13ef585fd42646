package load

import "sync"

// A TimerQueue wakes many goroutines, each at its own time, with one system timer.
//
// time.Sleep is too coarse: on Linux the runtime waits for its timers in whole
// milliseconds. Two designs were rejected. A dedicated thread that sleeps in
// clock_nanosleep and wakes the goroutines is as precise while it sleeps. But it
// releases its P (GOMAXPROCS is often 1 here) only when the runtime's monitor
// retakes it, and must get a P again when it wakes.
// Busy-waiting takes the core that reads the responses.
//
// Median lateness of 2,000 wake-ups per second, on one core of a shared virtual
// machine, idle (and beside four busy connections, where the runtime polls all the
// time): time.Sleep 565 µs (12 µs), clock_nanosleep 51 µs (164 µs), timerfd 33 µs
// (48 µs). p99 was 1.5 to 3.5 ms for all three.
//
// The queue uses a timerfd, a timer that is a file: the runtime waits for it and
// for the sockets in the same epoll, and its expiry is one more event.
type TimerQueue struct {
	now   func() int64
	timer systemTimer
	wake  []chan struct{} // one for each slot

	mu      sync.Mutex
	waiting sleeperHeap
}

// A systemTimer is the most precise timer that the operating system offers.
type systemTimer interface {
	// set makes the timer expire after ns nanoseconds, at least 1. It replaces an
	// earlier setting.
	set(ns int64)
	// wait calls expired each time the timer expires. It may call it more often. It
	// does not return.
	wait(expired func())
}

// NewTimerQueue returns a queue with a number of slots. now is a monotonic clock
// in nanoseconds.
func NewTimerQueue(now func() int64, slots int) (*TimerQueue, error) {
	timer, err := newSystemTimer()
	if err != nil {
		return nil, err
	}
	return newTimerQueue(now, slots, timer), nil
}

func newTimerQueue(now func() int64, slots int, timer systemTimer) *TimerQueue {
	q := &TimerQueue{now: now, timer: timer, wake: make([]chan struct{}, slots)}
	for i := range q.wake {
		q.wake[i] = make(chan struct{}, 1)
	}
	q.waiting = make(sleeperHeap, 0, slots)
	go timer.wait(q.expired)
	return q
}

// SleepUntil returns when the clock has reached deadline. Slots are numbered from
// 0; at most one goroutine may use a slot at a time.
func (q *TimerQueue) SleepUntil(slot int, deadline int64) {
	wake := q.wake[slot]
	q.mu.Lock()
	q.waiting.push(sleeper{deadline, wake})
	if q.waiting[0].wake == wake { // this is the earliest deadline
		q.timer.set(max(deadline-q.now(), 1))
	}
	q.mu.Unlock()
	<-wake
}

// expired wakes all sleepers that are due and sets the timer for the next one.
func (q *TimerQueue) expired() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 {
		left := q.waiting[0].deadline - q.now()
		if left > 0 {
			q.timer.set(left)
			return
		}
		q.waiting.pop().wake <- struct{}{}
	}
}

// A sleeper is a goroutine in SleepUntil.
type sleeper struct {
	deadline int64
	wake     chan struct{}
}

// A sleeperHeap is a binary heap with the earliest deadline first. container/heap
// would allocate on every push.
type sleeperHeap []sleeper

func (h *sleeperHeap) push(s sleeper) {
	*h = append(*h, s)
	heap := *h
	for i := len(heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if heap[parent].deadline <= heap[i].deadline {
			return
		}
		heap[parent], heap[i] = heap[i], heap[parent]
		i = parent
	}
}

func (h *sleeperHeap) pop() sleeper {
	heap := *h
	first, last := heap[0], len(heap)-1
	heap[0] = heap[last]
	heap = heap[:last]
	*h = heap
	for i := 0; ; {
		earliest := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if heap[child].deadline < heap[earliest].deadline {
				earliest = child
			}
		}
		if earliest == i {
			return first
		}
		heap[i], heap[earliest] = heap[earliest], heap[i]
		i = earliest
	}
}
