// Package load implements the load generator. It loads a server over a fixed
// number of connections and measures it from outside. In a closed loop, a
// connection sends its next request after the response to the previous one. In an
// open loop, requests are sent on a schedule that does not depend on the server.
// docs/load.md describes what is measured, and why.
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

	"loombench/internal/histograms"
	"loombench/internal/protocol"
)

// A Generator runs one load request. All exported fields but Turns are required.
type Generator struct {
	Records *protocol.Writer
	Facts   func() map[string]any

	Now        func() int64                                // a monotonic clock in nanoseconds
	SleepUntil func(slot int, deadline int64)              // precise; one sleeper per slot at a time
	Sleep      func(time.Duration)                         // imprecise
	CPUNs      func() (ns int64, ok bool)                  // CPU time of the process
	Dial       func(ctx context.Context) (net.Conn, error) // opens a connection to the server
	Turns      <-chan protocol.Turn                        // one value for each turn; only needed if the request has turns
	// ServerCPUNs returns the CPU time of the server's processes.
	ServerCPUNs func() (ns int64, ok bool)

	request  protocol.LoadRequest
	clients  []*client
	recorder *recorder
}

// A StartError means that the load could not start.
type StartError struct {
	Reason  protocol.Reason
	Message string
}

func (e *StartError) Error() string { return e.Message }

// Run runs the request and writes all records, from `started` to `finished`.
// Errors of the server are counted in the records. The returned error is a
// [StartError] if the connections cannot be opened; any other error means that
// records cannot be written. Cancelling ctx ends the load before its next phase.
func (g *Generator) Run(ctx context.Context, request protocol.LoadRequest) error {
	g.request = request
	if err := g.Records.Write(protocol.Started{Protocol: protocol.LoadVersion, Facts: g.Facts()}); err != nil {
		return err
	}
	if err := g.newClients(); err != nil {
		return err
	}
	began := g.Now()
	if err := g.connect(); err != nil {
		return err
	}
	connected := protocol.LoadConnected{Connections: request.Connections, ElapsedNs: g.Now() - began}
	if err := g.visit(); err != nil {
		return err
	}
	if err := g.Records.Write(connected); err != nil {
		return err
	}
	g.recorder = newRecorder()
	if err := g.runPhases(ctx, 0, request.Phases); err != nil {
		return err
	}
	if err := g.takeTurns(ctx, request); err != nil {
		return err
	}
	return g.Records.WriteLast(protocol.LoadFinished{Served: g.closeAll()})
}

// runPhases runs phases until ctx is cancelled. first is the index of the first one.
func (g *Generator) runPhases(ctx context.Context, first int, phases []protocol.LoadPhase) error {
	defer g.watchTimeouts(g.clients)()
	for i, phase := range phases {
		if ctx.Err() != nil {
			break
		}
		if err := g.runPhase(first+i, phase); err != nil {
			return err
		}
	}
	return nil
}

// takeTurns runs the phases of a turn whenever the harness says so. Between turns
// the connections stay open, and nothing runs here.
func (g *Generator) takeTurns(ctx context.Context, request protocol.LoadRequest) error {
	if len(request.Turns) == 0 {
		return nil
	}
	if err := g.Records.Write(protocol.LoadReady{Connections: request.Connections}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-g.Turns:
			if !ok {
				return nil
			}
			if err := g.runPhases(ctx, len(request.Phases), request.Turns); err != nil {
				return err
			}
		}
	}
}

// newClients creates the clients with their messages, which takes a while for
// large messages.
func (g *Generator) newClients() error {
	for i := range g.request.Connections {
		app, err := newApplication(g.request, int(i))
		if err != nil {
			return &StartError{protocol.Unsupported, "request: " + err.Error()}
		}
		g.clients = append(g.clients, &client{g: g, index: i, app: app})
	}
	return nil
}

// maxConcurrentDials limits how many connections are opened at the same time. When
// a backlog of 1024 overflows, the kernel retries only after a second.
const maxConcurrentDials = 128

// connect opens all connections within the connect timeout of the request.
func (g *Generator) connect() error {
	deadline := g.Now() + g.request.ConnectTimeout
	unconnected := make(chan *client, len(g.clients))
	for _, c := range g.clients {
		unconnected <- c
	}
	close(unconnected)
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		open    int
		lastErr error
	)
	for range min(maxConcurrentDials, len(g.clients)) {
		group.Go(func() {
			for c := range unconnected {
				err := c.connectFirst(deadline)
				mu.Lock()
				if err == nil {
					open++
				} else {
					lastErr = err
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if lastErr != nil {
		g.closeAll()
		return g.connectError(open, lastErr)
	}
	return nil
}

// connectFirst opens the connection for the first time. It retries until the
// deadline, because the server may still be starting.
func (c *client) connectFirst(deadline int64) error {
	delay := firstRetryDelay
	var found error = context.DeadlineExceeded
	for c.g.Now() < deadline {
		err := c.dial(deadline)
		if err == nil {
			return nil
		}
		if isTimeout(err) {
			break // the deadline cuts an attempt off: what those before it found says more
		}
		found = err
		if c.g.Now()+int64(delay) >= deadline {
			break
		}
		c.g.Sleep(delay)
		delay = min(2*delay, maxRetryDelay)
	}
	return found
}

func (g *Generator) connectError(open int, err error) error {
	reason, found := protocol.Refused, err.Error()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		found = "connection refused"
	case isTimeout(err):
		reason, found = protocol.TimedOut, "no answer"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		reason = protocol.Descriptors
	}
	return &StartError{reason, fmt.Sprintf("connect: %s: found %s after %v with %d open, expected %d connections",
		g.request.Address, found, time.Duration(g.request.ConnectTimeout), open, g.request.Connections)}
}

// watchTimeouts looks for overdue responses until end is called.
func (g *Generator) watchTimeouts(clients []*client) (end func()) {
	done := make(chan struct{})
	// A timeout is noticed with a delay of at most a twentieth of the timeout.
	period := min(max(time.Duration(g.request.AnswerTimeout)/20, time.Millisecond), 100*time.Millisecond)
	ticker := time.NewTicker(period)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				for _, c := range clients {
					c.interruptIfOverdue()
				}
			}
		}
	}()
	return func() { close(done) }
}

// closeAll closes all connections. It returns how many of them had no error from
// the start to the end or, after a drain, until the server closed them.
func (g *Generator) closeAll() (served int64) {
	for _, c := range g.clients {
		if !c.failed {
			served++
		}
		if c.conn != nil {
			c.disconnect(false)
		}
	}
	return served
}

// runPhase runs one phase of the request and writes its result, or those of all
// steps of a ladder.
func (g *Generator) runPhase(index int, phase protocol.LoadPhase) error {
	if phase.Loop != protocol.Ladder {
		_, err := g.runStep(index, 0, phase)
		return err
	}
	shortest := phase.DurationNs
	for step := range int(phase.Steps) {
		phase.DurationNs = max(shortest, phase.Requests*second/phase.RatePerS)
		saturated, err := g.runStep(index, step, phase)
		if err != nil || saturated {
			return err
		}
		phase.RatePerS = nextRate(phase.RatePerS, phase.FactorPercent)
	}
	return nil
}

// runStep runs a phase that is not a ladder, or one step of a ladder, and writes
// its result.
func (g *Generator) runStep(index, step int, phase protocol.LoadPhase) (saturated bool, err error) {
	g.recorder.reset()
	for _, c := range g.clients {
		c.counts.clear()
	}
	usedCPU, usedServerCPU := stopwatch(g.CPUNs), stopwatch(g.ServerCPUNs)
	w := g.window(phase)
	g.runClients(w)
	measured := protocol.LoadMeasured{
		Phase: index, Step: step, Loop: phase.Loop, Warmup: phase.Warmup, RatePerS: phase.RatePerS,
	}
	measured.ServerCPUNs, measured.CPUNs = usedServerCPU(), usedCPU()
	var total counters
	for _, c := range g.clients {
		total.add(&c.counts)
	}
	measured.Requests, measured.Unfinished, measured.Unsent = total.requests, total.unfinished, total.unsent
	measured.Errors, measured.Reconnects = total.errorsByName(), total.reconnects
	measured.ElapsedNs = elapsed(phase, w, total.lastNs)
	if phase.Loop == protocol.Ladder {
		p99 := g.recorder.latency.ValueAtPercentile(99)
		measured.Saturated = isSaturated(phase.RatePerS, total.requests, measured.ElapsedNs, p99)
	}
	if err := g.fillDistributions(&measured, w.openLoop); err != nil {
		return false, err
	}
	return measured.Saturated, g.Records.Write(measured)
}

// stopwatch returns a function that returns how far a clock has advanced; nil if
// that is unknown.
func stopwatch(clock func() (ns int64, ok bool)) func() *int64 {
	before, known := clock()
	return func() *int64 {
		after, ok := clock()
		if !ok || !known {
			return nil
		}
		passed := after - before
		return &passed
	}
}

// runClients runs all clients until the end of the window.
func (g *Generator) runClients(w window) {
	var group sync.WaitGroup
	for _, c := range g.clients {
		switch {
		case w.drains:
			group.Go(func() { c.runDrain(w) })
		case w.openLoop:
			group.Go(func() { c.runOpen(w) })
		default:
			group.Go(func() { c.runClosed(w) })
		}
	}
	group.Wait()
}

// window returns the window of a phase that starts now.
func (g *Generator) window(phase protocol.LoadPhase) window {
	now := g.Now()
	w := window{start: now, end: now + phase.DurationNs}
	if phase.Loop == protocol.Closed {
		switch {
		case phase.DurationNs > 0:
			w.least = phase.Requests
		case phase.Requests > 0:
			w.requests, w.end = phase.Requests, math.MaxInt64
		}
		return w
	}
	w.openLoop, w.drains = true, phase.Loop == protocol.Drain
	w.schedule = schedule{rate: phase.RatePerS, duration: phase.DurationNs}
	// All clients must be waiting when the first request is due: allow 1 ms, and 2 µs
	// to start each client.
	w.start += int64(time.Millisecond) + 2*int64(time.Microsecond)*int64(len(g.clients))
	w.end = w.start + phase.DurationNs + g.request.AnswerTimeout
	return w
}

// elapsed returns the length of a phase in nanoseconds. An open loop exceeds its
// duration if its last response came later; a drain lasts until all connections
// are closed.
func elapsed(phase protocol.LoadPhase, w window, lastNs int64) int64 {
	switch {
	case w.requests > 0 || w.drains:
		return max(lastNs-w.start, 0)
	case w.least > 0 || w.openLoop:
		return max(lastNs-w.start, phase.DurationNs)
	}
	return phase.DurationNs
}

// fillDistributions adds the latency distributions and the lateness of sending.
func (g *Generator) fillDistributions(measured *protocol.LoadMeasured, openLoop bool) error {
	var err error
	if measured.HDR, err = histograms.Encode(g.recorder.latency); err != nil || !openLoop {
		return err
	}
	if measured.LateHDR, err = histograms.Encode(g.recorder.late); err != nil {
		return err
	}
	measured.ServiceHDR, err = histograms.Encode(g.recorder.service)
	return err
}
