package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/protocol"
)

// A server serves one connection and returns when it is done.
type server func(conn net.Conn)

// A result is the outcome of one run of the generator.
type result struct {
	kinds  string
	phases []protocol.LoadMeasured
	served int64
	err    error
}

// run runs a request over the connections that dial returns. In a synctest bubble
// the clock is fake and advances only when all goroutines wait.
func run(t *testing.T, request protocol.LoadRequest, dial func(context.Context) (net.Conn, error)) result {
	t.Helper()
	return runInTurns(t, request, nil, dial)
}

// runInTurns does the same for a request with turns.
func runInTurns(t *testing.T, request protocol.LoadRequest, turns <-chan protocol.Turn, dial func(context.Context) (net.Conn, error)) result {
	t.Helper()
	return runOversleeping(t, request, 0, turns, dial)
}

// runOversleeping does the same with a generator that always wakes up that much
// too late.
func runOversleeping(t *testing.T, request protocol.LoadRequest, oversleep time.Duration, turns <-chan protocol.Turn, dial func(context.Context) (net.Conn, error)) result {
	t.Helper()
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) }
	var out bytes.Buffer
	g := Generator{
		Records:     protocol.NewWriter(&out),
		Facts:       func() map[string]any { return map[string]any{"gomaxprocs": 1} },
		Now:         now,
		SleepUntil:  func(_ int, deadline int64) { time.Sleep(time.Duration(deadline-now()) + oversleep) },
		Sleep:       time.Sleep,
		CPUNs:       func() (int64, bool) { return 0, false },
		ServerCPUNs: func() (int64, bool) { return now() / 10, true }, // a tenth of the time
		Dial:        dial,
		Turns:       turns,
	}
	r := result{err: g.Run(t.Context(), request)}
	var startErr *StartError
	if r.err != nil && !errors.As(r.err, &startErr) {
		t.Fatal(r.err)
	}
	var kinds []string
	for line := range strings.Lines(out.String()) {
		var record struct {
			Kind   string
			Served int64
			protocol.LoadMeasured
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, record.Kind)
		switch record.Kind {
		case "phase":
			r.phases = append(r.phases, record.LoadMeasured)
		case "finished":
			r.served = record.Served
		}
	}
	r.kinds = strings.Join(kinds, " ")
	return r
}

// overPipes returns a dial function for a server behind in-process pipes. Unlike
// with sockets, a synctest bubble knows when the server waits.
func overPipes(serve server) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		clientEnd, serverEnd := net.Pipe()
		go func() {
			defer serverEnd.Close()
			serve(serverEnd)
		}()
		return clientEnd, nil
	}
}

// echoing returns a server that sends change(n, message) for the n-th message. It
// closes the connection when that is nil.
func echoing(change func(n int, message []byte) []byte) server {
	return func(conn net.Conn) {
		message := make([]byte, 1<<20)
		for n := 0; ; n++ {
			size, err := conn.Read(message)
			if err != nil {
				return
			}
			response := change(n, message[:size])
			if response == nil {
				return
			}
			if _, err := conn.Write(response); err != nil {
				return
			}
		}
	}
}

// echoAfter returns a server that needs the service time for each message.
func echoAfter(service time.Duration) server {
	return echoing(func(_ int, message []byte) []byte {
		time.Sleep(service)
		return message
	})
}

func echoRequest(connections int64, phases ...protocol.LoadPhase) protocol.LoadRequest {
	return protocol.LoadRequest{
		Application: protocol.Echo, Address: "server", Connections: connections, MessageBytes: 100, Seed: 7,
		ConnectTimeout: second, AnswerTimeout: second, Phases: phases,
	}
}

func closedPhase(duration time.Duration) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Closed, DurationNs: int64(duration)}
}

func countedPhase(requests int64) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Closed, Requests: requests}
}

func openPhase(rate int64, duration time.Duration) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Open, RatePerS: rate, DurationNs: int64(duration)}
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: found %v, expected %v", what, got, want)
	}
}

func percentile(t *testing.T, text string, p float64) time.Duration {
	t.Helper()
	h, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(h.ValueAtPercentile(p))
}

// between checks a duration, with the histogram's precision of three digits.
func between(t *testing.T, what string, got, lowest, highest time.Duration) {
	t.Helper()
	if got < lowest || got > highest+highest/1000 {
		t.Errorf("%s: found %v, expected %v to %v", what, got, lowest, highest)
	}
}

// overSockets returns a dial function for a server behind TCP sockets.
func overSockets(t *testing.T, serve func(net.Listener)) func(context.Context) (net.Conn, error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go serve(listener)
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}
}

// eachConn serves each accepted connection in a goroutine.
func eachConn(serve server) func(net.Listener) {
	return func(listener net.Listener) {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}
}

func httpRequest(connections int64, phases ...protocol.LoadPhase) protocol.LoadRequest {
	load := echoRequest(connections, phases...)
	load.AnswerTimeout = 60 * second
	load.Application, load.Path, load.Body = protocol.HTTP, "/hello", "Hello, World!"
	return load
}

func handling(handler http.HandlerFunc) func(net.Listener) {
	return func(listener net.Listener) { _ = http.Serve(listener, handler) }
}
