package load

import (
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/histograms"
)

// A sample holds the times of one correct response, in nanoseconds.
type sample struct {
	latency int64 // from the actual send time; from the intended one if the connection was busy then
	service int64 // from the actual send time
	late    int64 // lateness of sending; unknownLateness if the connection was busy when the request was due
}

const unknownLateness = -1

// A recorder collects the samples of all connections in one phase. It has one set
// of histograms for all connections: a histogram takes 230 kB, so one for each of
// 512 connections would not fit into caches, and one for each of 10,000 not into
// the memory of many machines.
type recorder struct {
	mu      sync.Mutex
	latency *hdrhistogram.Histogram
	service *hdrhistogram.Histogram
	late    *hdrhistogram.Histogram
}

func newRecorder() *recorder {
	return &recorder{latency: histograms.New(), service: histograms.New(), late: histograms.New()}
}

func (r *recorder) reset() {
	r.latency.Reset()
	r.service.Reset()
	r.late.Reset()
}

func (r *recorder) record(samples []sample, openLoop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range samples {
		histograms.Record(r.latency, s.latency)
		if openLoop {
			histograms.Record(r.service, s.service)
			if s.late != unknownLateness {
				histograms.Record(r.late, s.late)
			}
		}
	}
}

// An errorKind classifies a request that failed.
type errorKind int

const (
	wrong errorKind = iota
	status
	reset
	timeout
	refused
	lost
	errorKinds // the number of kinds
)

var errorNames = [errorKinds]string{"wrong", "status", "reset", "timeout", "refused", "lost"}

// counters are the results of one connection in one phase. The samples are
// buffered, so that a request takes no lock; 100 at a time go to the recorder.
type counters struct {
	requests   int64
	unfinished int64
	unsent     int64
	reconnects int64
	errors     [errorKinds]int64
	lastNs     int64 // when the last response that counts was complete; drain: when the connection was closed

	samples []sample
}

const sampleBuffer = 100

func (c *counters) clear() {
	*c = counters{samples: c.samples[:0]}
	if c.samples == nil {
		c.samples = make([]sample, 0, sampleBuffer)
	}
}

func (c *counters) add(other *counters) {
	c.requests += other.requests
	c.unfinished += other.unfinished
	c.unsent += other.unsent
	c.reconnects += other.reconnects
	for kind, n := range other.errors {
		c.errors[kind] += n
	}
	c.lastNs = max(c.lastNs, other.lastNs)
}

// errorsByName returns the counts of errors, without zeros.
func (c *counters) errorsByName() map[string]int64 {
	counts := make(map[string]int64)
	for kind, n := range c.errors {
		if n > 0 {
			counts[errorNames[kind]] = n
		}
	}
	return counts
}
