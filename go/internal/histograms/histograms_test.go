package histograms

import (
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestHistogramsKeepThreeDigitsUpToTwoMinutes(t *testing.T) {
	h := New()
	for _, ns := range []int64{-1, 0, 1, 19_990, 90_000_000, 119_000_000_000, 500_000_000_000} {
		h.Reset()
		Record(h, ns)
		want := min(max(ns, 0), HighestNs)
		if got := h.Max(); got < want || got-want > want/1000 {
			t.Errorf("found %d, expected %d within a thousandth", got, want)
		}
	}
}

func TestEncodeRoundTrips(t *testing.T) {
	h := New()
	for ns := int64(1); ns < 1_000_000_000; ns *= 3 {
		Record(h, ns)
	}
	text, err := Encode(h)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := hdrhistogram.Decode([]byte(text))
	if err != nil || !decoded.Equals(h) {
		t.Errorf("found %v %v, expected the histogram that was encoded", decoded, err)
	}
}
