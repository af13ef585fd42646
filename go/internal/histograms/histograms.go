// Package histograms records latencies in HdrHistograms. The Go runner, the load
// generator, the Python runner and the harness all use the same range and
// precision.
package histograms

import "github.com/HdrHistogram/hdrhistogram-go"

// Three significant digits from 1 ns to 2 minutes; a longer latency counts as
// 2 minutes. Nobody needs nanoseconds, but a lowest value of 1 µs would make the
// histogram count in steps of 512 ns below a millisecond, which at 20 µs is only
// one and a half digits.
const (
	LowestNs  = 1
	HighestNs = 120_000_000_000
	digits    = 3
)

// New returns an empty histogram. It takes 230 kB.
func New() *hdrhistogram.Histogram { return hdrhistogram.New(LowestNs, HighestNs, digits) }

// Record adds one latency to h. A negative one counts as 0.
func Record(h *hdrhistogram.Histogram, ns int64) {
	_ = h.RecordValue(min(max(ns, 0), HighestNs)) // never fails: the value is in range
}
