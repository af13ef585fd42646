package load

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
)

func TestMessagesOfAllSizesAreEchoedOverSockets(t *testing.T) {
	// The server echoes in small pieces. The largest message fits into no buffer, so a
	// client that writes all of it before it reads would wait forever.
	pieces := func(conn net.Conn) {
		_, _ = io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}, make([]byte, 10_000))
	}
	dial := overSockets(t, eachConn(pieces))
	for _, size := range []int64{1, 7, 8, 9, 100 << 10, 32 << 20} {
		load := echoRequest(2, countedPhase(3))
		load.MessageBytes, load.AnswerTimeout = size, 60*second
		r := run(t, load, dial)
		if r.err != nil {
			t.Fatal(size, r.err)
		}
		expect(t, fmt.Sprintf("%d bytes: responses", size), r.phases[0].Requests, 6)
		expect(t, fmt.Sprintf("%d bytes: served", size), r.served, 2)
	}
}

func TestErrorsOverSockets(t *testing.T) {
	for _, test := range []struct {
		name, errors string
		timeout      int64
		serve        server
	}{
		{"closes", "map[reset:3]", 60 * second, echoing(func(n int, message []byte) []byte {
			if n == 2 {
				return nil
			}
			return message
		})},
		{"never responds", "map[timeout:9]", second / 100, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := echoRequest(1, countedPhase(9))
			load.AnswerTimeout = test.timeout
			p := run(t, load, overSockets(t, eachConn(test.serve))).phases[0]
			expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
		})
	}
}

func TestAServerThatNeverAcceptsCausesTimeouts(t *testing.T) {
	load := echoRequest(2, countedPhase(1))
	load.AnswerTimeout = second / 10
	r := run(t, load, overSockets(t, func(net.Listener) {}))
	expect(t, "errors", fmt.Sprint(r.phases[0].Errors), "map[timeout:2]")
}

func TestHTTPResponsesAreChecked(t *testing.T) {
	for _, test := range []struct {
		name       string
		handler    http.HandlerFunc
		requests   int64
		errors     string
		reconnects int64
		served     int64
	}{
		{"correct", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hello" && r.Host == "server" && r.Method == http.MethodGet {
				_, _ = io.WriteString(w, "Hello, World!")
			}
		}, 20, "map[]", 0, 2},
		{"chunked", func(w http.ResponseWriter, r *http.Request) {
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
		{"closed after each response", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, "Hello, World!")
		}, 20, "map[]", 18, 0},
		{"truncated response", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "13")
			_, _ = io.WriteString(w, "Hello")
		}, 0, "map[reset:20]", 18, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, httpRequest(2, countedPhase(10)), overSockets(t, handling(test.handler)))
			p := r.phases[0]
			expect(t, "responses", p.Requests, test.requests)
			expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
			expect(t, "reconnects", p.Reconnects, test.reconnects)
			expect(t, "served", r.served, test.served)
		})
	}
}

func TestARequestIsSentAgainWhenAnIdleConnectionWasClosed(t *testing.T) {
	// The server closes every connection after two responses, without notice.
	const page = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"
	dial := overPipes(echoing(func(n int, _ []byte) []byte {
		if n == 2 {
			return nil
		}
		return []byte(page)
	}))
	r := run(t, httpRequest(1, countedPhase(9)), dial)
	expect(t, "responses", r.phases[0].Requests, 9)
	expect(t, "errors", fmt.Sprint(r.phases[0].Errors), "map[]")
	expect(t, "reconnects", r.phases[0].Reconnects, 4)
	expect(t, "served", r.served, 0)
}

func TestBytesAfterAResponseAreAnError(t *testing.T) {
	const page = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"
	r := run(t, httpRequest(1, countedPhase(3)), overPipes(echoing(func(int, []byte) []byte { return []byte(page + page) })))
	expect(t, "errors", fmt.Sprint(r.phases[0].Errors), "map[wrong:3]")
}
