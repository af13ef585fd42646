package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"loombench/internal/histograms"
	"loombench/internal/protocol"
)

func TestAClosedLoopSendsAfterEachResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, echoRequest(4, closedPhase(1005*time.Millisecond), countedPhase(20)), overPipes(echoAfter(10*time.Millisecond)))
		expect(t, "kinds", r.kinds, "started connected phase phase finished")
		timed, counted := r.phases[0], r.phases[1]
		expect(t, "responses in a second", timed.Requests, 4*100)
		expect(t, "unfinished at its end", timed.Unfinished, 4)
		expect(t, "elapsed", time.Duration(timed.ElapsedNs), 1005*time.Millisecond)
		between(t, "median", percentile(t, timed.HDR, 50), 10*time.Millisecond, 10*time.Millisecond)
		expect(t, "responses to a number of requests", counted.Requests, 4*20)
		expect(t, "elapsed", time.Duration(counted.ElapsedNs), 200*time.Millisecond)
		expect(t, "served", r.served, 4)
	})
}

func TestAClosedLoopGoesOnUntilEachConnectionHasItsLeastResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phase := closedPhase(20 * time.Millisecond)
		phase.Requests = 3
		r := run(t, echoRequest(4, phase, phase), overPipes(echoAfter(15*time.Millisecond)))
		slow := r.phases[0]
		expect(t, "responses", slow.Requests, 4*3)
		expect(t, "elapsed", time.Duration(slow.ElapsedNs), 45*time.Millisecond)
		r = run(t, echoRequest(4, phase), overPipes(echoAfter(time.Millisecond)))
		quick := r.phases[0]
		if quick.Requests < 4*19 {
			t.Errorf("found %d responses, expected about %d", quick.Requests, 4*20)
		}
		expect(t, "elapsed", time.Duration(quick.ElapsedNs), 20*time.Millisecond)
	})
}

func TestEachTurnRunsItsPhasesOverTheSameConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		request := echoRequest(4, countedPhase(1))
		request.Turns = []protocol.LoadPhase{countedPhase(2), countedPhase(20)}
		turns := make(chan protocol.Turn)
		go func() {
			for range 3 {
				time.Sleep(time.Hour)
				turns <- protocol.Turn{}
			}
			close(turns)
		}()
		began := time.Now()
		r := runInTurns(t, request, turns, overPipes(echoAfter(10*time.Millisecond)))
		waited := time.Since(began).Truncate(time.Hour)
		expect(t, "kinds", r.kinds, "started connected phase ready"+strings.Repeat(" phase phase", 3)+" finished")
		for i, phase := range r.phases[1:] {
			expect(t, "phase", phase.Phase, 1+i%2)
			expect(t, "requests", phase.Requests, []int64{4 * 2, 4 * 20}[i%2])
			expect(t, "reconnects", phase.Reconnects, 0)
		}
		expect(t, "waited", waited, 3*time.Hour)
		expect(t, "served", r.served, 4)
	})
}

func TestAnOpenLoopMeasuresLatencyFromTheIntendedSendTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A request is due every 10 ms and takes 15 ms, so request n waits 5 n ms.
		r := run(t, echoRequest(1, openPhase(100, time.Second)), overPipes(echoAfter(15*time.Millisecond)))
		p := r.phases[0]
		expect(t, "responses", p.Requests, 100)
		expect(t, "elapsed", time.Duration(p.ElapsedNs), 1500*time.Millisecond)
		between(t, "maximum", percentile(t, p.HDR, 100), 510*time.Millisecond, 510*time.Millisecond)
		between(t, "median", percentile(t, p.HDR, 50), 260*time.Millisecond, 260*time.Millisecond)
		between(t, "maximum from the actual send time", percentile(t, p.ServiceHDR, 100), 15*time.Millisecond, 15*time.Millisecond)
		between(t, "lateness of the generator", percentile(t, p.LateHDR, 100), 0, 0)
	})
}

func TestLateSendingOnAFreeConnectionIsTheGeneratorsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			service, median, worst time.Duration
			late                   time.Duration // of every request that was sent on a free connection
		}{
			// A request is due every 10 ms, and the generator sends it 3 ms too late.
			{2 * time.Millisecond, 2 * time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond},
			// Only the first request finds the connection free: it is answered after 18 ms.
			// The second was due after 10 ms, and is answered after 33 ms.
			{15 * time.Millisecond, 38 * time.Millisecond, 63 * time.Millisecond, 3 * time.Millisecond},
		} {
			dial := overPipes(echoAfter(test.service))
			p := runOversleeping(t, echoRequest(1, openPhase(100, 100*time.Millisecond)), 3*time.Millisecond, nil, dial).phases[0]
			expect(t, "responses", p.Requests, 10)
			between(t, "median", percentile(t, p.HDR, 50), test.median, test.median)
			between(t, "maximum", percentile(t, p.HDR, 100), test.worst, test.worst)
			between(t, "maximum from the actual send time", percentile(t, p.ServiceHDR, 100), test.service, test.service)
			between(t, "median lateness", percentile(t, p.LateHDR, 50), test.late, test.late)
			between(t, "worst lateness", percentile(t, p.LateHDR, 100), test.late, test.late)
		}
	})
}

func TestAConnectionThatOpensLateIsNotFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The server closes each connection after a message, and takes 15 ms to accept one.
		once := overPipes(echoing(func(n int, message []byte) []byte {
			if n > 0 {
				return nil
			}
			return message
		}))
		slowly := func(ctx context.Context) (net.Conn, error) {
			time.Sleep(15 * time.Millisecond)
			return once(ctx)
		}
		p := run(t, echoRequest(1, openPhase(100, 30*time.Millisecond)), slowly).phases[0]
		expect(t, "responses", p.Requests, 2)
		// The second request, due after 10 ms, finds the connection closed; the third, due
		// after 20 ms, waits until a new one is open after 25 ms.
		between(t, "maximum", percentile(t, p.HDR, 100), 5*time.Millisecond, 5*time.Millisecond)
		between(t, "lateness of the generator", percentile(t, p.LateHDR, 100), 0, 0)
	})
}

func TestEachPhaseKnowsTheCPUTimeOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, echoRequest(2, countedPhase(10), closedPhase(time.Second)), overPipes(echoAfter(10*time.Millisecond)))
		for i, want := range []int64{second / 100, second / 10} { // a tenth of the time
			if got := r.phases[i].ServerCPUNs; got == nil || *got != want {
				t.Errorf("phase %d: found %v, expected %d", i, got, want)
			}
		}
	})
}

func TestAStepOfALadderLastsUntilEnoughRequestsWereDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ladder := protocol.LoadPhase{Loop: protocol.Ladder, RatePerS: 100, FactorPercent: 300, DurationNs: second, Steps: 3, Requests: 300}
		r := run(t, echoRequest(4, ladder), overPipes(echoAfter(time.Millisecond)))
		for i, want := range []int64{300, 300, 900} {
			expect(t, "responses", r.phases[i].Requests, want)
		}
	})
}

func TestAStallShowsInTheOpenLoopAndNotInTheClosedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		stalling := echoing(func(_ int, message []byte) []byte {
			if into := time.Since(began) % time.Second; into < 100*time.Millisecond {
				time.Sleep(100*time.Millisecond - into)
			}
			time.Sleep(time.Millisecond)
			return message
		})
		r := run(t, echoRequest(64, openPhase(2000, 3*time.Second), closedPhase(time.Second)), overPipes(stalling))
		// A tenth of the requests, one every 0.5 ms, wait for up to 100 ms, evenly
		// distributed. So 1% wait for more than 90 ms, plus 1 ms for the response.
		between(t, "open", percentile(t, r.phases[0].HDR, 99), 90500*time.Microsecond, 91*time.Millisecond)
		expect(t, "open: responses", r.phases[0].Requests, 6000)
		between(t, "closed", percentile(t, r.phases[1].HDR, 99), time.Millisecond, time.Millisecond)
	})
}

func TestRequestsThatAreNeverSentAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A request takes 500 ms. The last one is sent at 1500 ms, and its response comes
		// at 2000 ms, when the phase ends: 1 s after its duration.
		r := run(t, echoRequest(1, openPhase(10, time.Second)), overPipes(echoAfter(500*time.Millisecond)))
		p := r.phases[0]
		expect(t, "responses", p.Requests, 4)
		expect(t, "unfinished", p.Unfinished, 0)
		expect(t, "unsent", p.Unsent, 6)
		expect(t, "elapsed", time.Duration(p.ElapsedNs), 2*time.Second)
	})
}

func TestALadderEndsWithTheSaturatedStep(t *testing.T) {
	ladder := func(steps int64) protocol.LoadPhase {
		return protocol.LoadPhase{Loop: protocol.Ladder, RatePerS: 100, FactorPercent: 150, DurationNs: second, Steps: steps}
	}
	for _, test := range []struct {
		steps int64
		want  string
	}{
		{20, "0:100 false 1:150 false 2:225 true"}, // 2 connections with 10 ms per request: 200 requests/s
		{2, "0:100 false 1:150 false"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := run(t, echoRequest(2, ladder(test.steps)), overPipes(echoAfter(10*time.Millisecond)))
			var steps []string
			for _, p := range r.phases {
				steps = append(steps, fmt.Sprintf("%d:%d %t", p.Step, p.RatePerS, p.Saturated))
			}
			expect(t, "steps", strings.Join(steps, " "), test.want)
		})
	}
}

func TestMessagesDifferBetweenConnectionsAndRequests(t *testing.T) {
	for _, size := range []int64{8, 100} {
		seen := make(map[string]bool)
		for index := range 10 {
			load := echoRequest(10)
			load.MessageBytes = size
			e := newEchoApplication(load, index)
			for range 10 {
				seen[string(e.nextRequest())] = true
			}
		}
		expect(t, fmt.Sprintf("different messages of %d bytes", size), len(seen), 100)
	}
}

// A bytesReader returns the bytes that the test has set.
type bytesReader struct{ rest []byte }

func (b *bytesReader) Read(buffer []byte) (int, error) {
	n := copy(buffer, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func TestARequestAllocatesNothing(t *testing.T) {
	h, err := newHTTPApplication(httpRequest(1))
	if err != nil {
		t.Fatal(err)
	}
	page := []byte("HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/plain\r\nDate: today\r\n\r\nHello, World!")
	e := newEchoApplication(echoRequest(1), 0)
	for name, app := range map[string]application{"echo": e, "http": h} {
		from := &bytesReader{}
		n := testing.AllocsPerRun(100, func() {
			from.rest = app.nextRequest()
			if name == "http" {
				from.rest = page
			}
			if _, err := app.readResponse(from); err != nil {
				t.Fatal(err)
			}
		})
		expect(t, name+": allocations", n, 0)
	}
}

// The other half of this test is in tests/test_load.py: it decodes the printed
// histogram with Python's library and compares the percentiles.
func TestPercentilesForOtherLanguages(t *testing.T) {
	h := histograms.New()
	random := rand.New(rand.NewPCG(7, 7))
	for range 10_000 {
		histograms.Record(h, int64(20_000*math.Exp(random.ExpFloat64()))) // from 20 us, with a long tail
	}
	text, err := histograms.Encode(h)
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

func TestVisitorsSendOneRequestEachAndCloseBeforeThePhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var opened, ended int
		r := run(t, withVisits(echoRequest(2, countedPhase(3)), 40), overPipes(func(conn net.Conn) {
			mu.Lock()
			opened++
			mu.Unlock()
			requests := 0
			echoing(func(_ int, message []byte) []byte { requests++; return message })(conn)
			mu.Lock()
			defer mu.Unlock()
			if requests == 1 {
				ended++
			}
		}))
		expect(t, "kinds", r.kinds, "started connected phase finished")
		expect(t, "served", r.served, 2)
		expect(t, "requests of the phase", r.phases[0].Requests, 6)
		synctest.Wait()
		expect(t, "connections", opened, 42)
		expect(t, "visits", ended, 40)
	})
}

func TestAVisitWithoutAnAnswerEndsAndCountsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var connections atomic.Int64
		r := run(t, withVisits(echoRequest(2, countedPhase(3)), 40), func(ctx context.Context) (net.Conn, error) {
			if connections.Add(1) <= 2 {
				return overPipes(echoAfter(0))(ctx)
			}
			return overPipes(func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })(ctx)
		})
		expect(t, "kinds", r.kinds, "started connected phase finished")
		expect(t, "served", r.served, 2)
		expect(t, "errors", len(r.phases[0].Errors), 0)
	})
}

func withVisits(request protocol.LoadRequest, visits int64) protocol.LoadRequest {
	request.Visits = visits
	return request
}
