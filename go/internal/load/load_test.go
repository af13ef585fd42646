package load

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loombench/internal/protocol"
	"loombench/internal/waits"
)

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

// The other half of this test is in tests/conformance/test_load_generator.py, which reads what is
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
