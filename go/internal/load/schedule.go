package load

import "math/bits"

// A schedule is the send times of an open loop: request n is due n/rate seconds
// after the start. Connection i of c sends the requests i, i+c, i+2c and so on.
// Successive requests therefore use different connections, and the connections
// are staggered.
type schedule struct {
	rate     int64 // requests per second over all connections
	duration int64 // nanoseconds
}

const second = 1_000_000_000 // nanoseconds

// dueNs returns when request n is due, in nanoseconds after the start. It handles
// whole seconds separately, so that n times a billion cannot overflow.
func (s schedule) dueNs(n int64) int64 {
	return n/s.rate*second + n%s.rate*second/s.rate
}

// count returns how many requests are due before the duration is over.
func (s schedule) count() int64 {
	// Request n is due at n*second/rate, rounded down. That is before the duration,
	// a whole number of nanoseconds, exactly when n*second/rate is.
	seconds, rest := s.duration/second, s.duration%second
	return seconds*s.rate + (rest*s.rate+second-1)/second
}

// nextRate returns the rate of the next step of a ladder, at least one more than
// this one.
func nextRate(rate, factorPercent int64) int64 {
	return max(rate+1, rate*factorPercent/100)
}

// The thresholds of isSaturated.
const (
	minRatePercent = 95          // achieved rate as a percentage of the offered rate
	maxP99Ns       = second / 10 // of recorder.latency
)

// isSaturated reports whether the server could not keep up with a step of a
// ladder: the rate of correct responses is below 95% of the offered rate, or the
// p99 latency is above 100 ms. Latency counts from sending, or from the intended send
// time if the connection was busy then. The second criterion finds a queue that the
// rate does not show, because the step was short or the queue was worked off within
// the answer timeout.
func isSaturated(rate, responses, elapsedNs, p99Ns int64) bool {
	// responses/elapsed < 0.95 rate, in 128-bit integers: with floats, rounding would
	// decide a step that lies exactly on the threshold.
	achievedHigh, achievedLow := bits.Mul64(uint64(responses), 100*second)
	requiredHigh, requiredLow := bits.Mul64(uint64(rate)*minRatePercent, uint64(elapsedNs))
	return achievedHigh < requiredHigh || achievedHigh == requiredHigh && achievedLow < requiredLow || p99Ns > maxP99Ns
}
