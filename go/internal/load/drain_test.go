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

func drainPhase(rate int64, duration time.Duration) protocol.LoadPhase {
	return protocol.LoadPhase{Loop: protocol.Drain, RatePerS: rate, DurationNs: int64(duration)}
}

const (
	page      = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"
	closePage = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\nHello, World!"
)

// afterResponses returns a server that sends a number of pages and then last. It
// closes the connection instead if last is nil.
func afterResponses(responses int, last []byte) server {
	return echoing(func(n int, _ []byte) []byte {
		if n == responses {
			return last
		}
		return []byte(page)
	})
}

func TestADrainEndsWhenTheServerHasClosedAllConnections(t *testing.T) {
	for _, test := range []struct {
		name      string
		serve     server
		requests  int64 // over 4 connections, each with a request every 40 ms
		errors    string
		unsent    int64
		elapsedMs int64
		served    int64
	}{
		{"closes during a request", afterResponses(2, nil), 8, "map[lost:4]", 88, 110, 4},
		{"closes during a response", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1<<10))
			_, _ = io.WriteString(conn, page[:len(page)-3])
		}, 0, "map[lost:4]", 96, 30, 4},
		{"stops during a response and never closes", afterResponses(2, []byte(page[:len(page)-3])), 8, "map[lost:4]", 88, 1150, 4},
		{"closes between two requests", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1<<10))
			_, _ = io.WriteString(conn, page)
		}, 4, "map[]", 96, 70, 4},
		{"responds with Connection: close", afterResponses(1, []byte(closePage)), 8, "map[]", 92, 70, 4},
		{"sends a wrong response", afterResponses(1, []byte("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!")), 4, "map[wrong:4]", 92, 70, 0},
		{"responds with another status", afterResponses(1, []byte("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")), 4, "map[status:4]", 92, 70, 0},
		{"never closes", afterResponses(1000, nil), 100, "map[]", 0, 2000, 4},
		{"never closes and never responds", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, 0, "map[lost:4]", 96, 1050, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				load := httpRequest(4, drainPhase(100, time.Second))
				load.AnswerTimeout = second
				r := run(t, load, overPipes(test.serve))
				p := r.phases[0]
				expect(t, "loop", p.Loop, "drain")
				expect(t, "responses", p.Requests, test.requests)
				expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
				expect(t, "unsent", p.Unsent, test.unsent)
				expect(t, "elapsed", time.Duration(p.ElapsedNs).Round(10*time.Millisecond), time.Duration(test.elapsedMs)*time.Millisecond)
				expect(t, "reconnects", p.Reconnects, 0)
				expect(t, "served", r.served, test.served)
			})
		})
	}
}

func TestADrainMeasuresLatencyFromTheIntendedSendTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A request is due every 10 ms and takes 15 ms, so request n waits 5 n ms.
		r := run(t, echoRequest(1, drainPhase(100, time.Second)), overPipes(echoAfter(15*time.Millisecond)))
		p := r.phases[0]
		expect(t, "responses", p.Requests, 100)
		between(t, "maximum", percentile(t, p.HDR, 100), 510*time.Millisecond, 510*time.Millisecond)
		between(t, "maximum from the actual send time", percentile(t, p.ServiceHDR, 100), 15*time.Millisecond, 15*time.Millisecond)
	})
}

func TestADrainUsesTheConnectionsOfEarlierPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, echoRequest(2, countedPhase(3), drainPhase(100, time.Second)), overPipes(echoing(func(n int, message []byte) []byte {
			if n == 5 {
				return nil
			}
			return message
		})))
		expect(t, "responses", fmt.Sprint(r.phases[0].Requests, r.phases[1].Requests), "6 4")
		expect(t, "errors", fmt.Sprint(r.phases[1].Errors), "map[lost:2]")
		expect(t, "served", r.served, 2)
	})
}

func TestAGracefulShutdownLosesNoStartedRequest(t *testing.T) {
	var (
		server  http.Server
		started atomic.Int64
	)
	shutDown := make(chan error, 1)
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if started.Add(1) == 100 {
			go func() { shutDown <- server.Shutdown(context.Background()) }()
		}
		_, _ = io.WriteString(w, "Hello, World!")
	})
	load := httpRequest(8, drainPhase(2000, 10*time.Second))
	r := run(t, load, overSockets(t, func(listener net.Listener) { _ = server.Serve(listener) }))
	if err := <-shutDown; err != nil {
		t.Error(err)
	}
	p := r.phases[0]
	expect(t, "responses", p.Requests, started.Load())
	expect(t, "requests in total", p.Requests+p.Errors["lost"]+p.Unsent, 20_000)
	expect(t, "reconnects", p.Reconnects, 0)
	expect(t, "served", r.served, 8)
}

func TestClosedByPeerWorksOnSocketsAndPipes(t *testing.T) {
	for name, dial := range map[string]func(server) func(context.Context) (net.Conn, error){
		"socket": func(serve server) func(context.Context) (net.Conn, error) { return overSockets(t, eachConn(serve)) },
		"pipe":   overPipes,
	} {
		t.Run(name, func(t *testing.T) {
			closeNow := make(chan struct{})
			netConn, err := dial(func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 1))
				_, _ = io.WriteString(conn, "!")
				<-closeNow
			})(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer netConn.Close()
			c := newConn(netConn, func() bool { return false }, func() int64 { return 0 })
			expect(t, "closed at the start", c.closedByPeer(), false)
			c.send([]byte("?"))
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			expect(t, "closed after a response", c.closedByPeer(), false)
			close(closeNow)
			for !c.closedByPeer() {
				runtime.Gosched()
			}
			c.awaitClose(func() int64 { return 0 }, int64(time.Hour)) // returns at once
			c.send([]byte("?"))
			if _, err := c.Read(make([]byte, 1)); err == nil {
				t.Error("found a response, expected an error")
			}
		})
	}
}
