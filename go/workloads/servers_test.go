package workloads_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"

	"loombench/internal/work"
)

// A runningServer is a server in the background of a test.
type runningServer struct {
	address string
	stop    func() // cancels its context
	answer  chan any
}

func serve(t *testing.T, workload, variant string, params work.Params) *runningServer {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	sink := &recordingSink{ports: make(chan int, 1)}
	s := &runningServer{stop: stop, answer: make(chan any, 1)}
	entry := find(t, workload, variant)
	go func() {
		answer, err := entry.Run(ctx, params, work.NewProbe(sink))
		if err != nil {
			answer = err
		}
		s.answer <- answer
	}()
	select {
	case port := <-sink.ports:
		s.address = fmt.Sprintf("127.0.0.1:%d", port)
	case answer := <-s.answer:
		t.Fatalf("found %v, expected it to listen", answer)
	}
	t.Cleanup(stop)
	return s
}

// expectShutdown waits for the server to return 0 and checks that it has stopped
// listening.
func (s *runningServer) expectShutdown(t *testing.T) {
	t.Helper()
	if answer := <-s.answer; answer != 0 {
		t.Errorf("found %v, expected 0", answer)
	}
	if conn, err := net.Dial("tcp", s.address); err == nil {
		conn.Close()
		t.Error("found it listening, expected it to have stopped")
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestEchoServesManyConnectionsAtOnce(t *testing.T) {
	server := serve(t, "echo", "", nil)
	var clients sync.WaitGroup
	for client := range 8 {
		conn := dial(t, server.address)
		clients.Go(func() {
			message := make([]byte, 300_000) // more than one read buffer
			random := rand.NewChaCha8([32]byte{byte(client)})
			for range 3 {
				_, _ = random.Read(message)
				go func() { _, _ = conn.Write(message) }()
				response := make([]byte, len(message))
				if _, err := io.ReadFull(conn, response); err != nil || !bytes.Equal(response, message) {
					t.Errorf("client %d: found other bytes (%v)", client, err)
				}
			}
		})
	}
	clients.Wait()
	server.stop()
	server.expectShutdown(t)
}

func TestEchoClosesOpenConnectionsWhenItStops(t *testing.T) {
	server := serve(t, "echo", "", nil)
	conn := dial(t, server.address)
	buffer := make([]byte, 1)
	_, _ = conn.Write([]byte("!"))
	if _, err := io.ReadFull(conn, buffer); err != nil {
		t.Fatal(err)
	}
	server.stop()
	server.expectShutdown(t)
	if _, err := conn.Read(buffer); err == nil {
		t.Error("found the connection open, expected it closed")
	}
}

// get sends a request and returns the response and its body.
func get(t *testing.T, conn net.Conn, from *bufio.Reader) (*http.Response, string, error) {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
		return nil, "", err
	}
	return readResponse(from)
}

func readResponse(from *bufio.Reader) (*http.Response, string, error) {
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func TestHTTPServersRespondAndKeepTheConnection(t *testing.T) {
	for workload, params := range map[string]work.Params{"http": nil, "drain": {"wait_ns": ms}} {
		for _, variant := range []string{"", "nethttp"} {
			t.Run(workload+variant, func(t *testing.T) {
				server := serve(t, workload, variant, params)
				conn := dial(t, server.address)
				from := bufio.NewReader(conn)
				for range 3 {
					response, body, err := get(t, conn, from)
					if err != nil {
						t.Fatal(err)
					}
					if response.Proto != "HTTP/1.1" || response.StatusCode != http.StatusOK || body != "Hello, World!\n" {
						t.Errorf("found %s %d %q", response.Proto, response.StatusCode, body)
					}
					if got := response.Header.Get("Content-Type"); got != "text/plain" || response.ContentLength != 14 || response.Close {
						t.Errorf("found %s, %d bytes, close %t", got, response.ContentLength, response.Close)
					}
				}
				server.stop()
				server.expectShutdown(t)
			})
		}
	}
}

func TestTheBareHTTPServerReadsEachRequest(t *testing.T) {
	server := serve(t, "http", "", nil)
	for _, test := range []struct {
		requests string
		statuses []int // of the responses, the last of which closes the connection
	}{
		{"GET /other HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", []int{404, 200}},
		{"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.0\r\n\r\n", []int{404, 200}},
		{"GET / HTTP/1.1\r\nHost: test\r\n\r\nthis is no HTTP\r\n\r\n", []int{200, 400}},
	} {
		conn := dial(t, server.address)
		_, _ = io.WriteString(conn, test.requests)
		from := bufio.NewReader(conn)
		for i, want := range test.statuses {
			response, _, err := readResponse(from)
			if err != nil {
				t.Fatal(err)
			}
			if last := i == len(test.statuses)-1; response.StatusCode != want || response.Close != last {
				t.Errorf("%q: found %d, close %t, expected %d, close %t", test.requests, response.StatusCode, response.Close, want, last)
			}
		}
	}
	server.stop()
	server.expectShutdown(t)
}

func TestDrainFinishesStartedRequestsAfterSIGTERM(t *testing.T) {
	for _, variant := range []string{"", "nethttp"} {
		// The signal may arrive before the server has started the request. Repeat until
		// it arrives afterwards.
		for !drainsAStartedRequest(t, variant) {
		}
	}
}

// drainsAStartedRequest reports whether the request was started before the signal.
func drainsAStartedRequest(t *testing.T, variant string) bool {
	t.Helper()
	server := serve(t, "drain", variant, work.Params{"wait_ns": 20 * ms})
	idle, busy := dial(t, server.address), dial(t, server.address)
	fromIdle, fromBusy := bufio.NewReader(idle), bufio.NewReader(busy)
	for conn, from := range map[net.Conn]*bufio.Reader{idle: fromIdle, busy: fromBusy} {
		if _, _, err := get(t, conn, from); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.WriteString(busy, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := fromIdle.ReadByte(); err == nil {
		t.Error("found bytes on the idle connection, expected it closed")
	}
	response, body, err := readResponse(fromBusy)
	server.expectShutdown(t)
	if err != nil {
		return false
	}
	if response.StatusCode != http.StatusOK || body != "Hello, World!\n" || !response.Close {
		t.Errorf("found %d %q, close %t, expected the response and Connection: close", response.StatusCode, body, response.Close)
	}
	return true
}
