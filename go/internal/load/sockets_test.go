package load

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
)

func TestMessagesOfAllSizesComeBackOverSockets(t *testing.T) {
	// Copied in small pieces: the largest fits into no buffer, so that a client
	// which writes all of it before it reads would wait for ever.
	pieces := func(conn net.Conn) {
		_, _ = io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}, make([]byte, 10_000))
	}
	dial := listening(t, accepting(pieces))
	for _, size := range []int64{1, 7, 8, 9, 100 << 10, 32 << 20} {
		load := request(2, counted(3))
		load.MessageBytes, load.AnswerTimeout = size, 60*second
		r := run(t, load, dial)
		if r.err != nil {
			t.Fatal(size, r.err)
		}
		expect(t, fmt.Sprintf("%d bytes: answers", size), r.phases[0].Requests, 6)
		expect(t, fmt.Sprintf("%d bytes: served", size), r.served, 2)
	}
}

func TestErrorsOverSockets(t *testing.T) {
	for _, test := range []struct {
		name, errors string
		timeout      int64
		serve        server
	}{
		{"closes", "map[reset:3]", 60 * second, answering(func(n int, message []byte) []byte {
			if n == 2 {
				return nil
			}
			return message
		})},
		{"never answers", "map[timeout:9]", second / 100, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := request(1, counted(9))
			load.AnswerTimeout = test.timeout
			p := run(t, load, listening(t, accepting(test.serve))).phases[0]
			expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
		})
	}
}

func TestAServerThatNeverAcceptsNeverAnswers(t *testing.T) {
	load := request(2, counted(1))
	load.AnswerTimeout = second / 10
	r := run(t, load, listening(t, func(net.Listener) {}))
	expect(t, "errors", fmt.Sprint(r.phases[0].Errors), "map[timeout:2]")
}

func TestPagesAreAskedForAndCompared(t *testing.T) {
	var asked atomic.Int64
	for _, test := range []struct {
		name       string
		handler    http.HandlerFunc
		requests   int64
		errors     string
		reconnects int64
		served     int64
	}{
		{"right", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hello" && r.Host == "server" && r.Method == http.MethodGet {
				_, _ = io.WriteString(w, "Hello, World!")
			}
		}, 20, "map[]", 0, 2},
		{"in chunks", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "Hello, ")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "World!")
		}, 20, "map[]", 0, 2},
		{"another body", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "Hello, world!")
		}, 0, "map[wrong:20]", 18, 0},
		{"another status", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 0, "map[status:20]", 18, 0},
		{"closed after each answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, "Hello, World!")
		}, 20, "map[]", 18, 0},
		{"an answer cut short", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "13")
			_, _ = io.WriteString(w, "Hello")
		}, 0, "map[reset:20]", 18, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked.Store(0)
			r := run(t, pages(2, counted(10)), listening(t, serving(test.handler)))
			p := r.phases[0]
			expect(t, "answers", p.Requests, test.requests)
			expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
			expect(t, "reconnects", p.Reconnects, test.reconnects)
			expect(t, "served", r.served, test.served)
		})
	}
}

func TestAPageIsAskedForAgainWhenTheConnectionWasClosedBetween(t *testing.T) {
	// Every connection closes after two answers and says nothing of it before.
	const page = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"
	dial := piped(answering(func(n int, _ []byte) []byte {
		if n == 2 {
			return nil
		}
		return []byte(page)
	}))
	r := run(t, pages(1, counted(9)), dial)
	expect(t, "answers", r.phases[0].Requests, 9)
	expect(t, "errors", fmt.Sprint(r.phases[0].Errors), "map[]")
	expect(t, "reconnects", r.phases[0].Reconnects, 4)
	expect(t, "served", r.served, 0)
}

func TestWhatFollowsAPageUnaskedIsWrong(t *testing.T) {
	const page = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"
	r := run(t, pages(1, counted(3)), piped(answering(func(int, []byte) []byte { return []byte(page + page) })))
	expect(t, "errors", fmt.Sprint(r.phases[0].Errors), "map[wrong:3]")
}
