package work

import (
	"maps"
	"sync"
)

// A Sink takes what implementations say through a [Probe]. Its methods are
// called from any goroutine.
type Sink interface {
	Latency(ns int64)
	Parked(tasks int)
	Listening(port int)
	Event(task, what string)
}

// A Probe is how an implementation says more than its result. Most use none of
// it, and pay nothing. A nil Probe discards everything, and every method is safe
// for concurrent use.
type Probe struct {
	sink Sink

	mu       sync.Mutex
	observed map[string]int64
}

// NewProbe returns a probe that reports to sink, which may be nil.
func NewProbe(sink Sink) *Probe {
	return &Probe{sink: sink}
}

// Latency reports a single wait, or how late something was; what is below zero
// counts as zero.
func (p *Probe) Latency(ns int64) {
	if p != nil && p.sink != nil {
		p.sink.Latency(ns)
	}
}

// Parked says that so many tasks are alive and waiting: memory is read before it
// returns.
func (p *Probe) Parked(tasks int) {
	if p != nil && p.sink != nil {
		p.sink.Parked(tasks)
	}
}

// Listening says that the server accepts connections on port. It then serves
// until the context of the call ends.
func (p *Probe) Listening(port int) {
	if p != nil && p.sink != nil {
		p.sink.Listening(port)
	}
}

// Event records that task did what, now, when the harness asked for a trace.
func (p *Probe) Event(task, what string) {
	if p != nil && p.sink != nil {
		p.sink.Event(task, what)
	}
}

// Observe keeps the largest n given for name: the most tasks in flight, say.
func (p *Probe) Observe(name string, n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if largest, ok := p.observed[name]; ok && largest >= int64(n) {
		return
	}
	if p.observed == nil {
		p.observed = make(map[string]int64)
	}
	p.observed[name] = int64(n)
}

// Observed returns a copy of what was observed so far, never nil.
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
