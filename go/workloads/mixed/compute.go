package mixed

import (
	"runtime"
	"sync"
	"time"
)

// trials is how often the calibration times the steps.
const trials = 10

// leastTimed is how long the calibration computes at least: CPU time is counted in
// microseconds.
const leastTimed = 200 * time.Microsecond

// A burst is the CPU work of a request: so many steps of compute, which return value.
type burst struct {
	steps int64
	value uint64
}

// bursts keeps the result of each calibration, because only the first call, a
// warm-up, may take time for it.
var bursts struct {
	sync.Mutex
	of map[time.Duration]burst
}

// calibrate finds the number of steps that take that much CPU time alone, by the
// fastest of ten trials.
func calibrate(target time.Duration) burst {
	bursts.Lock()
	defer bursts.Unlock()
	if known, ok := bursts.of[target]; ok {
		return known
	}
	steps := int64(1)
	for timeOf(steps) < max(target, leastTimed)/2 {
		steps *= 2
	}
	fastest := timeOf(steps)
	for range trials - 1 {
		fastest = min(fastest, timeOf(steps))
	}
	steps = steps * target.Nanoseconds() / max(1, fastest.Nanoseconds())
	if bursts.of == nil {
		bursts.of = make(map[time.Duration]burst)
	}
	bursts.of[target] = burst{steps, compute(steps)}
	return bursts.of[target]
}

// timeOf returns the CPU time of so many steps.
func timeOf(steps int64) time.Duration {
	before := cpuTime()
	value := compute(steps)
	lasted := cpuTime() - before
	runtime.KeepAlive(value)
	return lasted
}

// compute is the loop of every model.
func compute(steps int64) uint64 {
	value := uint64(1)
	for range steps {
		value = (value*1_103_515_245 + 12_345) % 2_147_483_648
	}
	return value
}
