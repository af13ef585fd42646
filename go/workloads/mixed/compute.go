package mixed

import (
	"sync"
	"time"
)

// stepsPerMs is how many steps take 1 ms of CPU time on the machine of the reference
// run: 64 times as many as in CPython 3.11.
const stepsPerMs = 64 * 12_500

// A burst is the CPU work of a request: so many steps of compute, which return value.
type burst struct {
	steps int64
	value uint64
}

// bursts keeps each burst, because only the first call, a warm-up, may take time for
// computing its value.
var bursts struct {
	sync.Mutex
	of map[time.Duration]burst
}

// burstOf returns the CPU work of a request: the same number of steps in every process.
func burstOf(busy time.Duration) burst {
	bursts.Lock()
	defer bursts.Unlock()
	if known, ok := bursts.of[busy]; ok {
		return known
	}
	if bursts.of == nil {
		bursts.of = make(map[time.Duration]burst)
	}
	steps := busy.Nanoseconds() * stepsPerMs / 1_000_000
	bursts.of[busy] = burst{steps, compute(steps)}
	return bursts.of[busy]
}

// compute is the loop of every model.
func compute(steps int64) uint64 {
	value := uint64(1)
	for range steps {
		value = (value*1_103_515_245 + 12_345) % 2_147_483_648
	}
	return value
}
