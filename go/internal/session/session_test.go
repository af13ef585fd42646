package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/protocol"
	"loombench/internal/work"
)

// A testSession has a clock and CPU time that only the work advances.
type testSession struct {
	Session
	clock     int64
	cpu       int64
	out       bytes.Buffer
	stderr    bytes.Buffer
	noCPU     bool // the functions report their value as unknown
	noPSS     bool
	noVirtual bool
	moves     []int
}

func newTestSession() *testSession {
	s := &testSession{}
	s.Session = Session{
		Records:      protocol.NewWriter(&s.out),
		Stderr:       &s.stderr,
		Now:          func() int64 { return s.clock },
		CPUNs:        func() (int64, bool) { return s.cpu, !s.noCPU },
		PSSBytes:     func() (int64, bool) { return 4096, !s.noPSS },
		VirtualBytes: func() (int64, bool) { return 8192, !s.noVirtual },
		KernelBytes:  func() (int64, bool) { return 16384, !s.noVirtual },
		Facts:        func() map[string]any { return map[string]any{"gomaxprocs": 2} },
		Usage:        func() map[string]int64 { return map[string]int64{"user_ns": 1} },
		MoveTo:       func(processor int) { s.moves = append(s.moves, processor) },
	}
	return s
}

// takes returns a function that takes ns on the clock and twice that in CPU time.
func (s *testSession) takes(ns int64, answer any) work.Func {
	return func(context.Context, work.Params, *work.Probe) (any, error) {
		s.clock += ns
		s.cpu += 2 * ns
		return answer, nil
	}
}

type record = map[string]any

// runCases runs the cases and returns the records.
func (s *testSession) runCases(t *testing.T, run work.Func, cases ...protocol.Case) []record {
	t.Helper()
	return s.runRequest(t, run, protocol.Request{Cases: cases})
}

func (s *testSession) runRequest(t *testing.T, run work.Func, request protocol.Request) []record {
	t.Helper()
	return s.runPrepared(t, work.Unprepared(run), request)
}

func (s *testSession) runPrepared(t *testing.T, prepare work.PrepareFunc, request protocol.Request) []record {
	t.Helper()
	if err := s.Run(t.Context(), request, prepare); err != nil {
		t.Fatal(err)
	}
	var records []record
	for line := range strings.Lines(s.out.String()) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func kinds(records []record) string {
	var names []string
	for _, r := range records {
		names = append(names, r["kind"].(string))
	}
	return strings.Join(names, " ")
}

func ofKind(kind string, records []record) []record {
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool { return r["kind"] != kind })
}

// column returns one field of all records as text.
func column(records []record, field string) string {
	var values []any
	for _, r := range records {
		values = append(values, r[field])
	}
	return strings.TrimSpace(fmt.Sprintln(values...)) // Sprintln puts a space between any two
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: found %s, expected %s", what, got, want)
	}
}

func singleSample(id string) protocol.Case {
	return protocol.Case{ID: id, Operations: 1, Iterations: 1}
}

func TestRecordsAreInTheOrderOfTheProtocol(t *testing.T) {
	s := newTestSession()
	calls := 0
	records := s.runCases(t, func(context.Context, work.Params, *work.Probe) (any, error) {
		if calls++; calls == 2 {
			return nil, errors.New("failed")
		}
		return 1, nil
	}, singleSample("a"), singleSample("b"), singleSample("c"))
	expect(t, "kinds", kinds(records), "started sample outcome error sample outcome finished")
	expect(t, "cases", column(records[1:6], "case"), "a a b c c")
}

func TestOneCallIsOneSampleWithoutAMinimumDuration(t *testing.T) {
	s := newTestSession()
	c := protocol.Case{ID: "check", Operations: 6, Warmup: 1, Iterations: 2}
	samples := ofKind("sample", s.runCases(t, s.takes(10, 1), c))
	expect(t, "iterations", column(samples, "iteration"), "0 1 2")
	expect(t, "warm-up", column(samples, "warmup"), "true false false")
	expect(t, "elapsed", column(samples, "elapsed_ns"), "10 10 10")
	expect(t, "operations", column(samples, "operations"), "6 6 6")
	expect(t, "CPU time", column(samples, "cpu_ns"), "20 20 20")
}

func TestUnknownCPUTimeIsNull(t *testing.T) {
	s := newTestSession()
	s.noCPU = true
	expect(t, "CPU time", column(ofKind("sample", s.runCases(t, s.takes(10, 1), singleSample("a"))), "cpu_ns"), "<nil>")
}

func TestBatchesGrowToTheMinimumDurationDuringWarmUp(t *testing.T) {
	s := newTestSession()
	c := protocol.Case{ID: "check", Operations: 2, Warmup: 1, Iterations: 2, MinSampleNs: 1000}
	samples := ofKind("sample", s.runCases(t, s.takes(1, 1), c))
	// One call takes 1 ns: the next batch has 100 calls, then 1.2 times the prediction.
	expect(t, "elapsed", column(samples, "elapsed_ns"), "1 100 1200 1200 1200 1200")
	expect(t, "operations", column(samples, "operations"), "2 200 2400 2400 2400 2400")
	expect(t, "warm-up", column(samples, "warmup"), "true true true true false false")
	expect(t, "iterations", column(samples, "iteration"), "0 1 2 3 4 5")
}

func TestWarmUpEndsOnceItHasLastedLongEnough(t *testing.T) {
	s := newTestSession()
	c := protocol.Case{ID: "check", Operations: 1, Warmup: 8, Iterations: 1}
	samples := ofKind("sample", s.runCases(t, s.takes(enoughWarmUp/2, 1), c))
	expect(t, "warm-up", column(samples, "warmup"), "true true false")
}

func TestACallThatIsLongEnoughIsABatchOfOne(t *testing.T) {
	s := newTestSession()
	c := protocol.Case{ID: "check", Operations: 1, Iterations: 1, MinSampleNs: 1000}
	samples := ofKind("sample", s.runCases(t, s.takes(1000, 1), c))
	expect(t, "elapsed", column(samples, "elapsed_ns"), "1000 1000")
	expect(t, "warm-up", column(samples, "warmup"), "true false")
}

func TestGrowAlwaysGrowsUpToALimit(t *testing.T) {
	for _, test := range []struct{ calls, elapsed, goal, want int64 }{
		{1, 0, 1000, 100},                    // too short for the clock
		{1, 999, 1000, 2},                    // almost
		{100, 990, 1000, 121},                // 20% more than predicted
		{maxCalls - 1, 1, 1 << 60, maxCalls}, // the limit
		{1 << 29, 0, 1 << 62, maxCalls},
	} {
		if got := grow(test.calls, test.elapsed, test.goal); got != test.want {
			t.Errorf("grow(%d, %d, %d): found %d, expected %d", test.calls, test.elapsed, test.goal, got, test.want)
		}
	}
}

func TestASingleWrongAnswerIsReported(t *testing.T) {
	s := newTestSession()
	calls := 0
	c := protocol.Case{ID: "check", Operations: 1, Iterations: 4}
	records := s.runCases(t, func(context.Context, work.Params, *work.Probe) (any, error) {
		if calls++; calls == 3 {
			return 19, nil
		}
		return 20, nil
	}, c)
	outcomes := ofKind("outcome", records)
	expect(t, "values", column(outcomes, "value"), "20 19")
	expect(t, "first digest", outcomes[0]["digest"].(string), protocol.Digest([]byte("20")))
}

func TestOnlyTheLastAnswerOfABatchIsRecorded(t *testing.T) {
	s := newTestSession()
	calls := 0
	c := protocol.Case{ID: "check", Operations: 1, Iterations: 1, MinSampleNs: 100}
	records := s.runCases(t, func(context.Context, work.Params, *work.Probe) (any, error) {
		s.clock++
		calls++
		return min(calls, 5), nil
	}, c)
	expect(t, "values", column(ofKind("outcome", records), "value"), "1 5")
}

func TestALongAnswerIsTruncated(t *testing.T) {
	s := newTestSession()
	outcomes := ofKind("outcome", s.runCases(t, s.takes(1, strings.Repeat("é", 300)), singleSample("a")))
	if n := len(outcomes[0]["value"].(string)); n != protocol.ValueLimit {
		t.Errorf("found %d characters, expected %d", n, protocol.ValueLimit)
	}
}

func TestObservedIsKeptPerCase(t *testing.T) {
	s := newTestSession()
	inFlight := 5
	records := s.runCases(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Observe("in flight", inFlight)
		inFlight--
		return 1, nil
	}, protocol.Case{ID: "a", Operations: 1, Iterations: 2}, singleSample("b"))
	expect(t, "observed", column(ofKind("outcome", records), "observed"), "map[in flight:5] map[in flight:3]")
}

func TestAPanicIsACrashWithItsStackOnStandardError(t *testing.T) {
	s := newTestSession()
	records := s.runCases(t, func(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
		return p.Int("tasks"), nil
	}, singleSample("a"), protocol.Case{ID: "b", Params: map[string]any{"tasks": int64(1)}, Operations: 1, Iterations: 1})
	expect(t, "kinds", kinds(records), "started error sample outcome finished")
	expect(t, "reason", records[1]["reason"].(string), "crash")
	expect(t, "message", records[1]["message"].(string),
		"panic: params: tasks: found nothing, expected an integer (the case gives: none)")
	if !strings.Contains(s.stderr.String(), "session_test.go") {
		t.Errorf("standard error: found %q, expected a stack", s.stderr.String())
	}
}

func TestErrorsHaveReasons(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("failed"), "crash"},
		{fmt.Errorf("io_uring: %w", errors.ErrUnsupported), "unsupported"},
		{fmt.Errorf("mmap: %w", syscall.ENOMEM), "out_of_memory"},
	} {
		s := newTestSession()
		records := s.runCases(t, func(context.Context, work.Params, *work.Probe) (any, error) { return nil, test.err }, singleSample("a"))
		expect(t, "reason", records[1]["reason"].(string), test.want)
		expect(t, "message", records[1]["message"].(string), test.err.Error())
		expect(t, "case", records[1]["case"].(string), "a")
	}
}

func TestAnAnswerOfAnUnsupportedTypeIsACrash(t *testing.T) {
	s := newTestSession()
	records := s.runCases(t, s.takes(1, 1.5), singleSample("a"))
	expect(t, "kinds", kinds(records), "started sample error finished")
	if message := records[2]["message"].(string); !strings.HasPrefix(message, "answer: found float64") {
		t.Errorf("message: found %q, expected the type", message)
	}
}

func TestReportsToTheProbeBecomeRecords(t *testing.T) {
	s := newTestSession()
	records := s.runCases(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Parked(3)
		probe.Listening(8080)
		return 1, nil
	}, singleSample("a"))
	expect(t, "kinds", kinds(records), "started footprint listening sample outcome finished")
	expect(t, "footprint", fmt.Sprint(records[1]), "map[bytes:4096 case:a kernel_bytes:16384 kind:footprint tasks:3 virtual_bytes:8192]")
	expect(t, "port", fmt.Sprint(records[2]["port"]), "8080")
}

func TestEachCaseHasOneLatencyDistributionWithoutWarmUp(t *testing.T) {
	s := newTestSession()
	records := s.runCases(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		var tasks sync.WaitGroup
		for _, ns := range []int64{5_000_000, 1_000_000_000, -1_000} {
			tasks.Go(func() { probe.Latency(ns) })
		}
		tasks.Wait()
		return 1, nil
	}, protocol.Case{ID: "a", Operations: 1, Warmup: 3, Iterations: 2})
	expect(t, "kinds", kinds(records), "started sample sample sample sample sample latency outcome finished")
	expect(t, "case", records[6]["case"].(string), "a")
	found, err := hdrhistogram.Decode([]byte(records[6]["hdr"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "latencies", fmt.Sprint(found.TotalCount()), "6")
	for p, want := range map[float64]int64{10: 1_000, 50: 5_000_000, 100: 1_000_000_000} {
		if got := found.ValueAtPercentile(p); got < want || got > want+want/1000 {
			t.Errorf("p%v: found %d, expected %d", p, got, want)
		}
	}
	early, err := hdrhistogram.Decode([]byte(records[6]["early_hdr"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "early", fmt.Sprint(early.TotalCount(), early.Max()), "2 1000")
}

func TestACaseWithoutLatenciesHasNoDistribution(t *testing.T) {
	s := newTestSession()
	c := protocol.Case{ID: "a", Operations: 1, Warmup: 1, Iterations: 1}
	records := s.runCases(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		if s.clock++; s.clock == 1 {
			probe.Latency(1) // during warm-up
		}
		return 1, nil
	}, c, singleSample("b"))
	expect(t, "kinds", kinds(records), "started sample sample outcome sample outcome finished")
}

func TestACaseThatFailsHasNoDistribution(t *testing.T) {
	s := newTestSession()
	records := s.runCases(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Latency(1)
		return nil, errors.New("failed")
	}, singleSample("a"))
	expect(t, "kinds", kinds(records), "started error finished")
}

func parked(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
	probe.Parked(3)
	return 1, nil
}

func TestParkedIsUnsupportedWithoutPSS(t *testing.T) {
	s := newTestSession()
	s.noPSS = true
	records := s.runCases(t, parked, singleSample("a"))
	expect(t, "kinds", kinds(records), "started error finished")
	expect(t, "reason", records[1]["reason"].(string), "unsupported")
}

func TestReservedMemoryMayBeUnknown(t *testing.T) {
	s := newTestSession()
	s.noVirtual = true
	records := s.runCases(t, parked, singleSample("a"))
	expect(t, "footprint", fmt.Sprint(records[1]), "map[bytes:4096 case:a kernel_bytes:<nil> kind:footprint tasks:3 virtual_bytes:<nil>]")
}

func TestStopEndsTheRunningCaseOnly(t *testing.T) {
	s := newTestSession()
	s.Stop() // no case is running yet
	calls := 0
	records := s.runCases(t, func(ctx context.Context, _ work.Params, _ *work.Probe) (any, error) {
		if calls++; ctx.Err() != nil {
			return nil, errors.New("cancelled before it began")
		}
		go s.Stop()
		<-ctx.Done()
		return 0, nil
	}, singleSample("a"), singleSample("b"))
	expect(t, "kinds", kinds(records), "started sample outcome sample outcome finished")
	expect(t, "calls", fmt.Sprint(calls), "2")
}

// giveTurns makes a request of the cases whose last one gets n turns.
func (s *testSession) giveTurns(n int, cases ...protocol.Case) protocol.Request {
	turns := make(chan protocol.Turn, n)
	for range n {
		turns <- protocol.Turn{}
	}
	close(turns)
	s.Turns = turns
	return protocol.Request{Turns: true, Cases: cases}
}

func TestTheLastCaseTakesOneSampleInEachTurn(t *testing.T) {
	s := newTestSession()
	request := s.giveTurns(3, singleSample("a"), protocol.Case{ID: "b", Operations: 1, Warmup: 1, Iterations: 9})
	records := s.runRequest(t, s.takes(10, 1), request)
	expect(t, "kinds", kinds(records), "started sample outcome sample ready sample sample sample outcome finished")
	expect(t, "ready", records[4]["case"].(string), "b")
	samples := ofKind("sample", records)
	expect(t, "cases", column(samples, "case"), "a b b b b")
	expect(t, "iterations", column(samples, "iteration"), "0 0 1 2 3")
	expect(t, "warm-up", column(samples, "warmup"), "false true false false false")
	expect(t, "time", fmt.Sprint(s.clock), "50") // without a run-up, nothing but the samples
}

func TestATurnBeginsOnTheProcessorThatItNames(t *testing.T) {
	s := newTestSession()
	turns := make(chan protocol.Turn, 2)
	one := 1
	turns <- protocol.Turn{Processor: &one}
	turns <- protocol.Turn{}
	close(turns)
	s.Turns = turns
	s.runRequest(t, s.takes(10, 1), protocol.Request{Turns: true, Cases: []protocol.Case{singleSample("a")}})
	expect(t, "moves", fmt.Sprint(s.moves), "[1]")
}

func TestACaseThatEndsBeforeItsFirstTurnHasItsWarmUpOnly(t *testing.T) {
	s := newTestSession()
	request := s.giveTurns(0, protocol.Case{ID: "a", Operations: 1, Warmup: 1, Iterations: 9})
	expect(t, "kinds", kinds(s.runRequest(t, s.takes(10, 1), request)), "started sample ready outcome finished")
}

func TestTheRunUpOfABatchIsSmallerBatches(t *testing.T) {
	s := newTestSession()
	request := s.giveTurns(2, singleSample("a"), protocol.Case{ID: "b", Operations: 1, Iterations: 1, MinSampleNs: 1000})
	request.RunUpNs = 301
	samples := ofKind("sample", s.runRequest(t, s.takes(1, 1), request))
	expect(t, "elapsed", column(samples, "elapsed_ns"), "1 1 100 1200 1200 1200")
	// 1200 calls are a batch: a run-up is three batches of 150 calls.
	expect(t, "time", fmt.Sprint(s.clock), fmt.Sprint(1+1+100+1200+2*(450+1200)))
}

func TestTheRunUpOfFewCallsIsOneCallAtATime(t *testing.T) {
	for _, test := range []struct {
		name                   string
		ownNs, warmup, runUpNs int64
		want                   string
	}{
		{"of the first case, if its own is long", 100, 0, 3, "[2 2 2 100 2 2 100]"},
		{"of its own case, if that is short", 30, 1, 50, "[2 30 30 30 30 30 30 30]"},
	} {
		s := newTestSession()
		first, last := singleSample("a"), singleSample("b")
		first.Params = map[string]any{"wait_ns": int64(2)}
		last.Params = map[string]any{"wait_ns": test.ownNs}
		last.Warmup = test.warmup
		request := s.giveTurns(2, first, last)
		request.RunUpNs = test.runUpNs
		var waits []int
		s.runRequest(t, func(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
			waits = append(waits, p.Int("wait_ns"))
			s.clock += int64(p.Int("wait_ns"))
			return 1, nil
		}, request)
		expect(t, test.name, fmt.Sprint(waits), test.want)
	}
}

func TestNothingOfARunUpIsRecorded(t *testing.T) {
	s := newTestSession()
	request := s.giveTurns(2, singleSample("a"), singleSample("b"))
	request.RunUpNs = 10
	calls := 0
	records := s.runRequest(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		s.clock += 10
		calls++
		probe.Latency(int64(calls))
		probe.Observe("calls", -calls)
		probe.Parked(calls)
		return calls, nil
	}, request)
	// Calls 2 and 4 are run-ups.
	expect(t, "kinds", kinds(records),
		"started footprint sample latency outcome ready footprint sample footprint sample latency outcome outcome finished")
	expect(t, "footprints", column(ofKind("footprint", records), "tasks"), "1 3 5")
	outcomes := ofKind("outcome", records)
	expect(t, "answers", column(outcomes, "value"), "1 3 5")
	expect(t, "observed", column(outcomes, "observed"), "map[calls:-1] map[calls:-3] map[calls:-3]")
	found, err := hdrhistogram.Decode([]byte(ofKind("latency", records)[1]["hdr"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "latencies", fmt.Sprint(found.TotalCount(), found.Min(), found.Max()), "2 3 5")
}

func TestAnErrorInATurnEndsTheCase(t *testing.T) {
	for failing, want := range map[int]string{
		2: "started sample outcome ready error finished",        // the first run-up
		3: "started sample outcome ready error finished",        // the first sample
		4: "started sample outcome ready sample error finished", // the second run-up
	} {
		s := newTestSession()
		request := s.giveTurns(3, singleSample("a"), singleSample("b"))
		request.RunUpNs = 10
		calls := 0
		records := s.runRequest(t, func(context.Context, work.Params, *work.Probe) (any, error) {
			s.clock += 10
			if calls++; calls == failing {
				panic("failed")
			}
			return 1, nil
		}, request)
		expect(t, "kinds", kinds(records), want)
		expect(t, "case", ofKind("error", records)[0]["case"].(string), "b")
	}
}

func TestRunStopsWhenRecordsCannotBeWritten(t *testing.T) {
	s := newTestSession()
	calls := 0
	run := func(context.Context, work.Params, *work.Probe) (any, error) {
		calls++
		return 1, nil
	}
	s.Records = protocol.NewWriter(&limitedWriter{lines: 2})
	err := s.Run(t.Context(), protocol.Request{Cases: []protocol.Case{singleSample("a"), singleSample("b"), singleSample("c")}}, work.Unprepared(run))
	if err == nil || calls != 1 {
		t.Errorf("found %v after %d calls, expected an error after 1", err, calls)
	}
}

// A limitedWriter accepts a number of lines and fails afterwards.
type limitedWriter struct{ lines int }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.lines--; w.lines < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}
