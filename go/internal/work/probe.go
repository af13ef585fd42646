package work

import (
	"maps"
	"sync"
)

// A Sink receives the reports that implementations make through a [Probe]. Its
// methods must be safe for concurrent use.
type Sink interface {
	Latency(ns int64)
	Parked(tasks int) (heldBytes int64)
	Listening(port int)
}

// A Probe lets an implementation report more than its answer. An unused probe costs
// nothing. A nil Probe discards everything. All methods are safe for concurrent
// use.
type Probe struct {
	sink Sink

	mu       sync.Mutex
	observed map[string]int64
}

// NewProbe returns a probe that reports to sink, which may be nil.
func NewProbe(sink Sink) *Probe {
	return &Probe{sink: sink}
}

// Latency reports one latency or lateness in nanoseconds; a negative one was early.
func (p *Probe) Latency(ns int64) {
	if p != nil && p.sink != nil {
		p.sink.Latency(ns)
	}
}

// Parked reports that this many tasks are alive and waiting. It returns the memory
// that the process holds, 0 without a harness.
func (p *Probe) Parked(tasks int) (heldBytes int64) {
	if p == nil || p.sink == nil {
		return 0
	}
	return p.sink.Parked(tasks)
}

// Listening reports that the server accepts connections on port. The server then
// serves until the context of the call is cancelled.
func (p *Probe) Listening(port int) {
	if p != nil && p.sink != nil {
		p.sink.Listening(port)
	}
}

// Observe reports a counter, such as the number of tasks in flight. The largest n of
// each name is kept.
func (p *Probe) Observe(name string, n int) {
	p.observe(name, n, func(kept int64) bool { return int64(n) > kept })
}

// ObserveLeast reports a counter of which the smallest n is kept: every call must
// reach a minimum.
func (p *Probe) ObserveLeast(name string, n int) {
	p.observe(name, n, func(kept int64) bool { return int64(n) < kept })
}

func (p *Probe) observe(name string, n int, replaces func(kept int64) bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept, ok := p.observed[name]; ok && !replaces(kept) {
		return
	}
	if p.observed == nil {
		p.observed = make(map[string]int64)
	}
	p.observed[name] = int64(n)
}

// Observed returns a copy of the kept values so far, never nil.
func (p *Probe) Observed() map[string]int64 {
	if p == nil {
		return map[string]int64{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.observed == nil {
		return map[string]int64{}
	}
	return maps.Clone(p.observed)
}
