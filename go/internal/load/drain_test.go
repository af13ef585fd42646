package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"loombench/internal/protocol"
)

func drain(rate int64, duration time.Duration) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Drain, RatePerS: rate, DurationNs: int64(duration)}
}

const (
	page    = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"
	goodbye = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\nHello, World!"
)

func TestADrainEndsWhenTheServerHasClosedAllConnections(t *testing.T) {
	after := func(answers int, last []byte) server {
		return answering(func(n int, _ []byte) []byte {
			if n == answers {
				return last
			}
			return []byte(page)
		})
	}
	for _, test := range []struct {
		name            string
		serve           server
		requests        int64 // of 4 connections, each with a request every 40 ms
		errors          string
		unsent, elapsed int64 // milliseconds
		served          int64
	}{
		{"while a request is under way", after(2, nil), 8, "map[lost:4]", 88, 110, 4},
		{"half-way through an answer", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1<<10))
			_, _ = io.WriteString(conn, page[:len(page)-3])
		}, 0, "map[lost:4]", 96, 30, 4},
		{"never, but stops half-way", after(2, []byte(page[:len(page)-3])), 8, "map[lost:4]", 88, 1150, 4},
		{"between two requests", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1<<10))
			_, _ = io.WriteString(conn, page)
		}, 4, "map[]", 96, 70, 4},
		{"as its answer has said", after(1, []byte(goodbye)), 8, "map[]", 92, 70, 4},
		{"after a wrong answer", after(1, []byte("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!")), 4, "map[wrong:4]", 92, 70, 0},
		{"after another status", after(1, []byte("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")), 4, "map[status:4]", 92, 70, 0},
		{"never", after(1000, nil), 100, "map[]", 0, 2000, 4},
		{"never, nor does it answer", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, 0, "map[lost:4]", 96, 1050, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				load := pages(4, drain(100, time.Second))
				load.AnswerTimeout = second
				r := run(t, load, piped(test.serve))
				p := r.phases[0]
				expect(t, "loop", p.Loop, "drain")
				expect(t, "answers", p.Requests, test.requests)
				expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
				expect(t, "unsent", p.Unsent, test.unsent)
				expect(t, "elapsed", time.Duration(p.ElapsedNs).Round(10*time.Millisecond), time.Duration(test.elapsed)*time.Millisecond)
				expect(t, "reconnects", p.Reconnects, 0)
				expect(t, "served", r.served, test.served)
			})
		})
	}
}

func TestADrainCountsFromTheIntendedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// One connection gets a request every 10 ms and needs 15: the n-th waits 5 n.
		r := run(t, request(1, drain(100, time.Second)), piped(taking(15*time.Millisecond)))
		p := r.phases[0]
		expect(t, "answers", p.Requests, 100)
		between(t, "longest", percentileOf(t, p.HDR, 100), 510*time.Millisecond, 510*time.Millisecond)
		between(t, "from the time of sending", percentileOf(t, p.ServiceHDR, 100), 15*time.Millisecond, 15*time.Millisecond)
	})
}

func TestADrainFollowsOtherPhasesOnTheSameConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, request(2, counted(3), drain(100, time.Second)), piped(answering(func(n int, message []byte) []byte {
			if n == 5 {
				return nil
			}
			return message
		})))
		expect(t, "answers", fmt.Sprint(r.phases[0].Requests, r.phases[1].Requests), "6 4")
		expect(t, "errors", fmt.Sprint(r.phases[1].Errors), "map[lost:2]")
		expect(t, "served", r.served, 2)
	})
}

func TestAServerThatDrainsInOrderLosesNothingThatItHasBegun(t *testing.T) {
	var (
		server http.Server
		begun  atomic.Int64
	)
	over := make(chan error, 1)
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if begun.Add(1) == 100 {
			go func() { over <- server.Shutdown(context.Background()) }()
		}
		_, _ = io.WriteString(w, "Hello, World!")
	})
	load := pages(8, drain(2000, 10*time.Second))
	r := run(t, load, listening(t, func(listener net.Listener) { _ = server.Serve(listener) }))
	if err := <-over; err != nil {
		t.Error(err)
	}
	p := r.phases[0]
	expect(t, "answers", p.Requests, begun.Load())
	expect(t, "what became of all requests", p.Requests+p.Errors["lost"]+p.Unsent, 20_000)
	expect(t, "reconnects", p.Reconnects, 0)
	expect(t, "served", r.served, 8)
}

func TestAClosedConnectionIsSeenOverSocketsAndPipes(t *testing.T) {
	for name, dial := range map[string]func(server) func(context.Context) (net.Conn, error){
		"socket": func(serve server) func(context.Context) (net.Conn, error) { return listening(t, accepting(serve)) },
		"pipe":   piped,
	} {
		t.Run(name, func(t *testing.T) {
			end := make(chan struct{})
			conn, err := dial(func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 1))
				_, _ = io.WriteString(conn, "!")
				<-end
			})(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			l := newLink(conn, func() bool { return false })
			expect(t, "closed at first", l.isClosed(), false)
			l.send([]byte("?"))
			if _, err := l.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			expect(t, "closed after an answer", l.isClosed(), false)
			close(end)
			for !l.isClosed() {
				runtime.Gosched()
			}
			l.awaitClose(func() int64 { return 0 }, int64(time.Hour)) // returns at once
			l.send([]byte("?"))
			if _, err := l.Read(make([]byte, 1)); err == nil {
				t.Error("found an answer, expected an error of the wire")
			}
		})
	}
}
