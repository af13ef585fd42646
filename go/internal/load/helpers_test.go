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

// A server answers on one connection until it has enough.
type server func(conn net.Conn)

// A result is what a load came to.
type result struct {
	kinds  string
	phases []protocol.LoadMeasured
	served int64
	err    error
}

// run makes the load of a request against what dial gives. In a bubble of
// synctest the clock is a fake one, and moves only when all wait.
func run(t *testing.T, request protocol.LoadRequest, dial func(context.Context) (net.Conn, error)) result {
	t.Helper()
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) }
	var out bytes.Buffer
	g := Generator{
		Records:    protocol.NewWriter(&out),
		Facts:      func() map[string]any { return map[string]any{"gomaxprocs": 1} },
		Now:        now,
		SleepUntil: func(_ int, at int64) { time.Sleep(time.Duration(at - now())) },
		Pause:      time.Sleep,
		CPU:        func() (int64, bool) { return 0, false },
		Dial:       dial,
	}
	r := result{err: g.Run(t.Context(), request)}
	var refusal *Refusal
	if r.err != nil && !errors.As(r.err, &refusal) {
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

// piped gives connections to a server in this process, without a socket, so that
// a bubble sees when it waits.
func piped(serve server) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			serve(there)
		}()
		return here, nil
	}
}

// answering echoes each message after it was changed, or not.
func answering(change func(n int, message []byte) []byte) server {
	return func(conn net.Conn) {
		message := make([]byte, 1<<20)
		for n := 0; ; n++ {
			size, err := conn.Read(message)
			if err != nil {
				return
			}
			answer := change(n, message[:size])
			if answer == nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}
}

// taking echoes after the time that a request takes.
func taking(service time.Duration) server {
	return answering(func(_ int, message []byte) []byte {
		time.Sleep(service)
		return message
	})
}

func request(connections int64, phases ...protocol.LoadPhase) protocol.LoadRequest {
	return protocol.LoadRequest{
		Application: protocol.Echo, Address: "server", Connections: connections, MessageBytes: 100, Seed: 7,
		ConnectTimeout: second, AnswerTimeout: second, Phases: phases,
	}
}

func closed(duration time.Duration) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Closed, DurationNs: int64(duration)}
}

func counted(requests int64) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Closed, Requests: requests}
}

func open(rate int64, duration time.Duration) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Open, RatePerS: rate, DurationNs: int64(duration)}
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: found %v, expected %v", what, got, want)
	}
}

func percentileOf(t *testing.T, text string, p float64) time.Duration {
	t.Helper()
	h, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(h.ValueAtPercentile(p))
}

// between holds a time to what the histogram can tell: three digits.
func between(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most+most/1000 {
		t.Errorf("%s: found %v, expected %v to %v", what, got, least, most)
	}
}

// listening gives connections to a server over real sockets.
func listening(t *testing.T, serve func(net.Listener)) func(context.Context) (net.Conn, error) {
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

func accepting(serve server) func(net.Listener) {
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

func pages(connections int64, phases ...protocol.LoadPhase) protocol.LoadRequest {
	load := request(connections, phases...)
	load.AnswerTimeout = 60 * second
	load.Application, load.Path, load.Body = protocol.HTTP, "/hello", "Hello, World!"
	return load
}

func serving(handler http.HandlerFunc) func(net.Listener) {
	return func(listener net.Listener) { _ = http.Serve(listener, handler) }
}
