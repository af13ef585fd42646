// Package load is the load generator: it loads a server over a fixed number of
// connections and measures it from outside, in closed loops, where a connection
// asks again when it was answered, and in open ones, where requests have their
// times whatever the server does. docs/load.md says what is measured and why so.
package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"syscall"
	"time"

	"loombench/internal/protocol"
	"loombench/internal/waits"
)

// A Generator makes the load of one request. All its fields are needed.
type Generator struct {
	Records *protocol.Writer
	Facts   func() map[string]any

	Now        func() int64                                // a monotonic clock in nanoseconds
	SleepUntil func(slot int, at int64)                    // precise; a slot has one sleeper at a time
	Pause      func(time.Duration)                         // not precise
	CPU        func() (ns int64, ok bool)                  // processor time of the process
	Dial       func(ctx context.Context) (net.Conn, error) // one more connection to the server

	request     protocol.LoadRequest
	connections []*connection
	recorder    *recorder
}

// A Refusal is why a load did not begin.
type Refusal struct {
	Reason  protocol.Reason
	Message string
}

func (r *Refusal) Error() string { return r.Message }

// Run makes the load, from `started` to `finished`. What a server does wrong is a
// record. The error is a [Refusal] when the connections cannot be had, or else
// that records cannot be written. ctx ends the load before its next phase.
func (g *Generator) Run(ctx context.Context, request protocol.LoadRequest) error {
	g.request = request
	if err := g.Records.Write(protocol.Started{Protocol: protocol.Version, Facts: g.Facts()}); err != nil {
		return err
	}
	if err := g.prepare(); err != nil {
		return err
	}
	began := g.Now()
	if err := g.connect(); err != nil {
		return err
	}
	connected := protocol.LoadConnected{Connections: request.Connections, ElapsedNs: g.Now() - began}
	if err := g.Records.Write(connected); err != nil {
		return err
	}
	g.recorder = newRecorder()
	endWatch := g.watch()
	defer endWatch()
	for i, phase := range request.Phases {
		if ctx.Err() != nil {
			break
		}
		if err := g.phase(i, phase); err != nil {
			return err
		}
	}
	return g.Records.WriteLast(protocol.LoadFinished{Served: g.close()})
}

// prepare makes the messages of all connections, which takes a while when they
// are large.
func (g *Generator) prepare() error {
	for i := range g.request.Connections {
		app, err := newApplication(g.request, int(i))
		if err != nil {
			return &Refusal{protocol.Unsupported, "request: " + err.Error()}
		}
		g.connections = append(g.connections, &connection{g: g, index: i, app: app})
	}
	return nil
}

// connecting is how many connections are opened at the same time: more than a
// backlog of 1024 takes would wait a second for the kernel to try again.
const connecting = 128

// connect opens all connections, in the time that the request gives for it.
func (g *Generator) connect() error {
	limit := g.Now() + g.request.ConnectTimeout
	waiting := make(chan *connection, len(g.connections))
	for _, c := range g.connections {
		waiting <- c
	}
	close(waiting)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		open  int
		last  error
	)
	for range min(connecting, len(g.connections)) {
		group.Go(func() {
			for c := range waiting {
				err := c.first(limit)
				mu.Lock()
				if err == nil {
					open++
				} else {
					last = err
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if last != nil {
		g.close()
		return g.notConnected(open, last)
	}
	return nil
}

// first opens a connection for the first time, and tries again until the limit:
// the server may still be starting.
func (c *connection) first(limit int64) error {
	pause := firstPause
	err := context.DeadlineExceeded
	for c.g.Now() < limit {
		if err := c.dial(limit); err == nil {
			return nil
		} else if isTimeout(err) || c.g.Now()+int64(pause) >= limit {
			return err
		}
		c.g.Pause(pause)
		pause = min(2*pause, longestPause)
	}
	return err
}

func (g *Generator) notConnected(open int, err error) error {
	reason, found := protocol.Refused, err.Error()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		found = "connection refused"
	case isTimeout(err):
		reason, found = protocol.TimedOut, "no answer"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		reason = protocol.Descriptors
	}
	return &Refusal{reason, fmt.Sprintf("connect: %s: found %s after %v with %d open, expected %d connections",
		g.request.Address, found, time.Duration(g.request.ConnectTimeout), open, g.request.Connections)}
}

// watch looks for late answers until it is ended.
func (g *Generator) watch() (end func()) {
	over := make(chan struct{})
	// A twentieth of the timeout is how late an answer may be found to be late.
	period := min(max(time.Duration(g.request.AnswerTimeout)/20, time.Millisecond), 100*time.Millisecond)
	ticker := time.NewTicker(period)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticker.C:
				for _, c := range g.connections {
					c.expire()
				}
			}
		}
	}()
	return func() { close(over) }
}

// close closes all connections and counts those that served from first to last;
// of those that were drained, until the server closed them.
func (g *Generator) close() (served int64) {
	for _, c := range g.connections {
		if !c.spoiled {
			served++
		}
		if c.link != nil {
			c.drop(false)
		}
	}
	return served
}

// phase runs one phase of the request and writes what it came to; of a ladder
// every step.
func (g *Generator) phase(index int, phase protocol.LoadPhase) error {
	if phase.Loop != protocol.Ladder {
		_, err := g.measure(index, 0, phase)
		return err
	}
	for step := range int(phase.Steps) {
		isSaturated, err := g.measure(index, step, phase)
		if err != nil || isSaturated {
			return err
		}
		phase.RatePerS = climb(phase.RatePerS, phase.FactorPercent)
	}
	return nil
}

// measure makes load of one kind and writes what it came to.
func (g *Generator) measure(index, step int, phase protocol.LoadPhase) (isSaturated bool, err error) {
	g.recorder.reset()
	for _, c := range g.connections {
		c.tally.clear()
	}
	cpu, knowsCPU := g.CPU()
	w := g.window(phase)
	var group sync.WaitGroup
	for _, c := range g.connections {
		switch {
		case w.drains:
			group.Go(func() { c.drain(w) })
		case w.isOpen:
			group.Go(func() { c.open(w) })
		default:
			group.Go(func() { c.closed(w) })
		}
	}
	group.Wait()
	measured := protocol.LoadMeasured{
		Phase: index, Step: step, Loop: phase.Loop, Warmup: phase.Warmup, RatePerS: phase.RatePerS,
	}
	if now, ok := g.CPU(); ok && knowsCPU {
		spent := now - cpu
		measured.CPUNs = &spent
	}
	var all tally
	for _, c := range g.connections {
		all.add(&c.tally)
	}
	measured.Requests, measured.Unfinished, measured.Unsent = all.requests, all.unfinished, all.unsent
	measured.Errors, measured.Reconnects = all.failed(), all.reconnects
	measured.ElapsedNs = elapsed(phase, w, all.lastNs)
	if phase.Loop == protocol.Ladder {
		p99 := g.recorder.latency.ValueAtPercentile(99)
		measured.Saturated = saturated(phase.RatePerS, all.requests, measured.ElapsedNs, p99)
	}
	if err := g.describe(&measured, w.isOpen); err != nil {
		return false, err
	}
	return measured.Saturated, g.Records.Write(measured)
}

// window says when a phase begins and ends.
func (g *Generator) window(phase protocol.LoadPhase) window {
	now := g.Now()
	w := window{start: now, end: now + phase.DurationNs}
	if phase.Loop == protocol.Closed {
		if phase.Requests > 0 {
			w.requests, w.end = phase.Requests, math.MaxInt64
		}
		return w
	}
	w.isOpen, w.drains = true, phase.Loop == protocol.Drain
	w.schedule = schedule{rate: phase.RatePerS, duration: phase.DurationNs}
	// The first request must find its connection waiting: a millisecond, and two
	// microseconds to start each.
	w.start += int64(time.Millisecond) + 2*int64(time.Microsecond)*int64(len(g.connections))
	w.end = w.start + phase.DurationNs + g.request.AnswerTimeout
	return w
}

// elapsed is the time in which the answers that count came. In an open loop that
// is more than the duration when the last of them was late; draining ends when
// all connections are closed.
func elapsed(phase protocol.LoadPhase, w window, last int64) int64 {
	switch {
	case w.requests > 0 || w.drains:
		return max(last-w.start, 0)
	case w.isOpen:
		return max(last-w.start, phase.DurationNs)
	}
	return phase.DurationNs
}

// describe fills in the distributions.
func (g *Generator) describe(measured *protocol.LoadMeasured, isOpen bool) error {
	var err error
	if measured.HDR, err = waits.Encode(g.recorder.latency); err != nil || !isOpen {
		return err
	}
	late := g.recorder.late
	measured.LateP50Ns = late.ValueAtPercentile(50)
	measured.LateP99Ns = late.ValueAtPercentile(99)
	measured.LateMaxNs = late.Max()
	measured.ServiceHDR, err = waits.Encode(g.recorder.service)
	return err
}
