package http

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"loombench/internal/work"
)

// A server answers requests with a goroutine for each connection. fasthttp parses
// the requests and does nothing else.
type server struct {
	wait     time.Duration // before each response
	draining atomic.Bool
	serving  sync.WaitGroup
	mu       sync.Mutex
	conns    map[*net.TCPConn]struct{}
}

// Serve serves until ctx ends. Then it accepts no more connections, finishes each
// request that it has begun, and closes the connections.
func Serve(ctx context.Context, wait time.Duration, probe *work.Probe) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close() // if accepting fails; to close it twice does no harm
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	probe.Listening(listener.Addr().(*net.TCPAddr).Port)
	s := server{wait: wait, conns: make(map[*net.TCPConn]struct{})}
	defer s.drain()
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		end := s.track(conn.(*net.TCPConn))
		s.serving.Go(func() {
			defer end()
			s.serve(conn)
		})
	}
}

// drain waits until all connections are closed.
func (s *server) drain() {
	s.draining.Store(true)
	s.mu.Lock()
	for conn := range s.conns {
		// A goroutine that waits for a request reads the end; one that responds can
		// still send.
		_ = conn.CloseRead() // fails only if the client is gone
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// track lets drain find a connection. The returned function closes it.
func (s *server) track(conn *net.TCPConn) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
		conn.Close()
	}
}

// serve answers the requests of a connection until the last one.
func (s *server) serve(conn net.Conn) {
	reader := bufio.NewReader(conn)
	var request fasthttp.Request
	var response []byte
	for last := false; !last; {
		status, body := "200 OK", "Hello, World!\n"
		err := request.Read(reader)
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil: // also if the client is gone, which the write then tells
			status, body = "400 Bad Request", ""
		case string(request.RequestURI()) != "/" || !request.Header.IsGet():
			status, body = "404 Not Found", ""
		}
		time.Sleep(s.wait)
		last = err != nil || request.Header.ConnectionClose() || s.draining.Load()
		response = appendResponse(response[:0], status, body, last)
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}

// appendResponse appends the bytes of a response.
func appendResponse(to []byte, status, body string, last bool) []byte {
	to = append(to, "HTTP/1.1 "...)
	to = append(to, status...)
	to = append(to, "\r\nContent-Type: text/plain\r\nContent-Length: "...)
	to = strconv.AppendInt(to, int64(len(body)), 10)
	if last {
		to = append(to, "\r\nConnection: close"...)
	}
	to = append(to, "\r\n\r\n"...)
	return append(to, body...)
}
