package load

import "math/bits"

// A schedule says when the requests of an open loop are to be sent: evenly at
// rate, the n-th one n/rate seconds after the start. Connection i of c takes the
// requests i, i+c, i+2c and so on, so that neighbours in time are on different
// connections, and each connection is staggered against the one before it.
type schedule struct {
	rate     int64 // requests a second over all connections
	duration int64 // nanoseconds
}

const second = 1_000_000_000 // nanoseconds

// at is when request n is to be sent, in nanoseconds since the start. Whole
// seconds are taken out first, so that n times a billion cannot overflow.
func (s schedule) at(n int64) int64 {
	return n/s.rate*second + n%s.rate*second/s.rate
}

// count is how many requests have their time before the duration is over.
func (s schedule) count() int64 {
	// The time of n is n*second/rate rounded down, and below the duration when
	// n*second/rate is: both are whole numbers of nanoseconds.
	whole, rest := s.duration/second, s.duration%second
	return whole*s.rate + (rest*s.rate+second-1)/second
}

// climb is the rate of the ladder's next step, at least one more.
func climb(rate, factorPercent int64) int64 {
	return max(rate+1, rate*factorPercent/100)
}

// The rule for saturation.
const (
	leastPercent = 95          // of the rate that was asked for
	latestP99    = second / 10 // from the intended time
)

// saturated tells whether a step asked for more than the server gives: the rate
// of right answers is below 95% of what was asked for, or the 99th percentile
// of the latency from the intended time is above 100 ms. The second part finds
// a queue that grows and is worked off in the answer timeout, or that a short
// step hides from the rate.
func saturated(rate, requests, elapsed, p99 int64) bool {
	// requests/elapsed < 0.95 rate, in whole numbers of 128 bits: with floats a
	// step that lies exactly on the line would be a matter of rounding.
	gotHigh, gotLow := bits.Mul64(uint64(requests), 100*second)
	leastHigh, leastLow := bits.Mul64(uint64(rate)*leastPercent, uint64(elapsed))
	return gotHigh < leastHigh || gotHigh == leastHigh && gotLow < leastLow || p99 > latestP99
}
