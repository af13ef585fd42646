package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/protocol"
	"loombench/internal/waits"
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

func TestAClosedLoopAsksAgainWhenItWasAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, request(4, closed(1005*time.Millisecond), counted(20)), piped(taking(10*time.Millisecond)))
		expect(t, "kinds", r.kinds, "started connected phase phase finished")
		timed, counted := r.phases[0], r.phases[1]
		expect(t, "answers in a second", timed.Requests, 4*100)
		expect(t, "under way at its end", timed.Unfinished, 4)
		expect(t, "elapsed", time.Duration(timed.ElapsedNs), 1005*time.Millisecond)
		between(t, "median", percentileOf(t, timed.HDR, 50), 10*time.Millisecond, 10*time.Millisecond)
		expect(t, "answers of a number", counted.Requests, 4*20)
		expect(t, "elapsed", time.Duration(counted.ElapsedNs), 200*time.Millisecond)
		expect(t, "served", r.served, 4)
	})
}

func TestAnOpenLoopCountsFromTheIntendedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// One connection gets a request every 10 ms and needs 15: the n-th waits 5 n.
		r := run(t, request(1, open(100, time.Second)), piped(taking(15*time.Millisecond)))
		p := r.phases[0]
		expect(t, "answers", p.Requests, 100)
		expect(t, "elapsed", time.Duration(p.ElapsedNs), 1500*time.Millisecond)
		between(t, "longest", percentileOf(t, p.HDR, 100), 510*time.Millisecond, 510*time.Millisecond)
		between(t, "median", percentileOf(t, p.HDR, 50), 260*time.Millisecond, 260*time.Millisecond)
		between(t, "from the time of sending", percentileOf(t, p.ServiceHDR, 100), 15*time.Millisecond, 15*time.Millisecond)
		expect(t, "lateness, which is not the server's", p.LateMaxNs, 0)
	})
}

func TestAStallIsSeenByTheOpenLoopAndMissedByTheClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		stalling := answering(func(_ int, message []byte) []byte {
			if into := time.Since(began) % time.Second; into < 100*time.Millisecond {
				time.Sleep(100*time.Millisecond - into)
			}
			time.Sleep(time.Millisecond)
			return message
		})
		r := run(t, request(64, open(2000, 3*time.Second), closed(time.Second)), piped(stalling))
		// A tenth of the requests waits evenly for up to 100 ms: one in a hundred for
		// more than 90, and a millisecond for its answer. They come every half.
		between(t, "open", percentileOf(t, r.phases[0].HDR, 99), 90500*time.Microsecond, 91*time.Millisecond)
		expect(t, "open: answers", r.phases[0].Requests, 6000)
		between(t, "closed", percentileOf(t, r.phases[1].HDR, 99), time.Millisecond, time.Millisecond)
	})
}

func TestWhatIsTooLateToBeSentIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// 500 ms a request: sent at 0, 500 and on to 1500, which is answered at 2000.
		// The phase ends then, a second after its duration.
		r := run(t, request(1, open(10, time.Second)), piped(taking(500*time.Millisecond)))
		p := r.phases[0]
		expect(t, "answers", p.Requests, 4)
		expect(t, "unfinished", p.Unfinished, 0)
		expect(t, "unsent", p.Unsent, 6)
		expect(t, "elapsed", time.Duration(p.ElapsedNs), 2*time.Second)
	})
}

func TestALadderEndsWithTheStepThatSaturates(t *testing.T) {
	ladder := func(steps int64) protocol.LoadPhase {
		return protocol.LoadPhase{Loop: protocol.Ladder, RatePerS: 100, FactorPercent: 150, DurationNs: second, Steps: steps}
	}
	for _, test := range []struct {
		steps int64
		want  string
	}{
		{20, "0:100 false 1:150 false 2:225 true"}, // 2 connections at 10 ms: 200 a second
		{2, "0:100 false 1:150 false"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := run(t, request(2, ladder(test.steps)), piped(taking(10*time.Millisecond)))
			var steps []string
			for _, p := range r.phases {
				steps = append(steps, fmt.Sprintf("%d:%d %t", p.Step, p.RatePerS, p.Saturated))
			}
			expect(t, "steps", strings.Join(steps, " "), test.want)
		})
	}
}

func TestErrorsAreCountedAndTheConnectionGoesOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		serve  server
		errors string
	}{
		// Each connection is good for two answers, and the third goes wrong.
		{"wrong bytes", answering(func(n int, message []byte) []byte {
			message[len(message)/2] ^= byte(n / 2)
			return message
		}), "map[wrong:3]"},
		{"the answer before", func(conn net.Conn) {
			var before []byte
			answering(func(n int, message []byte) []byte {
				answer := message
				if n == 2 {
					answer = before
				}
				before = bytes.Clone(message)
				return answer
			})(conn)
		}, "map[wrong:3]"},
		{"half an answer", answering(func(n int, message []byte) []byte {
			return message[:len(message)-50*min(n/2, 1)]
		}), "map[timeout:3]"},
		{"closes", answering(func(n int, message []byte) []byte {
			if n == 2 {
				return nil
			}
			return message
		}), "map[reset:3]"},
		{"answers late", answering(func(n int, message []byte) []byte {
			time.Sleep(time.Duration(n/2) * 2 * time.Second)
			return message
		}), "map[timeout:3]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t, request(1, counted(9)), piped(test.serve))
				time.Sleep(time.Minute) // of the bubble's clock: the servers see that nobody is there
				p := r.phases[0]
				expect(t, "answers", p.Requests, 6)
				expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
				expect(t, "reconnects", p.Reconnects, 2) // after the third nothing is left to ask
				expect(t, "served", r.served, 0)
			})
		})
	}
}

func TestAnAnswerThatIsJustInTimeIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, request(3, counted(20)), piped(taking(time.Second-1)))
		expect(t, "answers", r.phases[0].Requests, 60)
		expect(t, "served", r.served, 3)
	})
}

func TestAServerThatIsGoneIsTriedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		once := piped(answering(func(int, []byte) []byte { return nil }))
		r := run(t, request(1, closed(time.Second)), func(ctx context.Context) (net.Conn, error) {
			if dials++; dials == 1 {
				return once(ctx)
			}
			return nil, syscall.ECONNREFUSED
		})
		p := r.phases[0]
		// After 0, 1, 3, 7, ... 127 and 227 ms, and then every 100 ms below a second.
		expect(t, "errors", fmt.Sprint(p.Errors), "map[refused:16 reset:1]")
		expect(t, "answers", p.Requests, 0)
		expect(t, "served", r.served, 0)
	})
}

func TestAServerThatCannotBeReachedIsOneClearRefusal(t *testing.T) {
	for _, test := range []struct {
		err    error
		reason protocol.Reason
		want   string
	}{
		{syscall.ECONNREFUSED, protocol.Refused, "connect: server: found connection refused after 1s with 3 open, expected 4 connections"},
		{context.DeadlineExceeded, protocol.TimedOut, "connect: server: found no answer after 1s with 3 open, expected 4 connections"},
		{syscall.EMFILE, protocol.Descriptors, "connect: server: found too many open files after 1s with 3 open, expected 4 connections"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var dials atomic.Int64
			good := piped(taking(0))
			r := run(t, request(4, counted(1)), func(ctx context.Context) (net.Conn, error) {
				if dials.Add(1) <= 3 {
					return good(ctx)
				}
				return nil, test.err
			})
			var refusal *Refusal
			if !errors.As(r.err, &refusal) {
				t.Fatalf("found %v, expected a refusal", r.err)
			}
			expect(t, "kinds", r.kinds, "started")
			expect(t, "reason", refusal.Reason, test.reason)
			expect(t, "message", refusal.Message, test.want)
		})
	}
}

func TestAServerThatIsStillStartingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		good := piped(taking(time.Millisecond))
		r := run(t, request(4, counted(1)), func(ctx context.Context) (net.Conn, error) {
			if time.Since(began) < time.Second/2 {
				return nil, syscall.ECONNREFUSED
			}
			return good(ctx)
		})
		expect(t, "error", r.err, nil)
		expect(t, "served", r.served, 4)
	})
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

func pages(connections int64, phases ...protocol.LoadPhase) protocol.LoadRequest {
	load := request(connections, phases...)
	load.AnswerTimeout = 60 * second
	load.Application, load.Path, load.Body = protocol.HTTP, "/hello", "Hello, World!"
	return load
}

func serving(handler http.HandlerFunc) func(net.Listener) {
	return func(listener net.Listener) { _ = http.Serve(listener, handler) }
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

func TestMessagesDifferInEveryWay(t *testing.T) {
	for _, size := range []int64{8, 100} {
		seen := make(map[string]bool)
		for index := range 10 {
			load := request(10)
			load.MessageBytes = size
			e := newEcho(load, index)
			for range 10 {
				seen[string(e.next())] = true
			}
		}
		expect(t, fmt.Sprintf("different messages of %d bytes", size), len(seen), 100)
	}
}

// still is a reader that has the answer already.
type still struct{ rest []byte }

func (s *still) Read(into []byte) (int, error) {
	n := copy(into, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func TestARequestAllocatesNothing(t *testing.T) {
	var w application
	w, err := newWeb(pages(1))
	if err != nil {
		t.Fatal(err)
	}
	page := []byte("HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/plain\r\nDate: today\r\n\r\nHello, World!")
	e := newEcho(request(1), 0)
	for name, app := range map[string]application{"echo": e, "http": w} {
		from := &still{}
		n := testing.AllocsPerRun(100, func() {
			from.rest = app.next()
			if name == "http" {
				from.rest = page
			}
			if _, err := app.answer(from); err != nil {
				t.Fatal(err)
			}
		})
		expect(t, name+": allocations", n, 0)
	}
}

// The other half of this test is in tests/test_load.py, which reads what is
// printed here with Python's library and compares.
func TestPercentilesForOtherLanguages(t *testing.T) {
	h := waits.New()
	random := rand.New(rand.NewPCG(7, 7))
	for range 10_000 {
		waits.Record(h, int64(20_000*math.Exp(random.ExpFloat64()))) // from 20 us, with a long tail
	}
	text, err := waits.Encode(h)
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]int64)
	for _, p := range []float64{0, 1, 50, 90, 99, 99.9, 99.99, 100} {
		values[fmt.Sprint(p)] = h.ValueAtPercentile(p)
	}
	line, err := json.Marshal(map[string]any{"hdr": text, "count": h.TotalCount(), "values": values})
	if err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		fmt.Printf("percentiles: %s\n", line)
	}
}
