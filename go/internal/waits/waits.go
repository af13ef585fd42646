// Package waits is the distributions of single waits: the same histograms for
// the waits that a runner reports and for those that the load generator takes,
// and the same as Python's runner and the harness have.
package waits

import "github.com/HdrHistogram/hdrhistogram-go"

// Three significant digits from a nanosecond to two minutes; what is longer
// counts as two minutes. The lowest value is not a microsecond, although nobody
// needs less: the histogram then counts in steps of 512 ns below a millisecond,
// which at 20 us is one digit and a half.
const (
	LowestNs  = 1
	HighestNs = 120_000_000_000
	digits    = 3
)

// New returns a histogram without waits. It takes 230 kB.
func New() *hdrhistogram.Histogram { return hdrhistogram.New(LowestNs, HighestNs, digits) }

// Record counts one wait in h.
func Record(h *hdrhistogram.Histogram, ns int64) {
	_ = h.RecordValue(min(max(ns, 0), HighestNs)) // which is in the range
}

// Encode writes h as the protocol has it: V2, compressed, base64.
func Encode(h *hdrhistogram.Histogram) (string, error) {
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(text), err
}
