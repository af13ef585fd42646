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

// A bench is a session with a clock that only the work moves.
type bench struct {
	Session
	clock     int64
	cpu       int64
	out       bytes.Buffer
	stderr    bytes.Buffer
	noCPU     bool
	noBytes   bool
	noVirtual bool
}

func newBench() *bench {
	b := &bench{}
	b.Session = Session{
		Records:  protocol.NewWriter(&b.out),
		Stderr:   &b.stderr,
		Now:      func() int64 { return b.clock },
		CPU:      func() (int64, bool) { return b.cpu, !b.noCPU },
		Held:     func() (int64, bool) { return 4096, !b.noBytes },
		Reserved: func() (int64, bool) { return 8192, !b.noVirtual },
		Facts:    func() map[string]any { return map[string]any{"gomaxprocs": 2} },
		Usage:    func() map[string]int64 { return map[string]int64{"user_ns": 1} },
	}
	return b
}

// spend returns work that takes ns of the clock and twice that of the processors.
func (b *bench) spend(ns int64, answer any) work.Func {
	return func(context.Context, work.Params, *work.Probe) (any, error) {
		b.clock += ns
		b.cpu += 2 * ns
		return answer, nil
	}
}

type record = map[string]any

// answer runs the cases and returns the records.
func (b *bench) answer(t *testing.T, run work.Func, cases ...protocol.Case) []record {
	t.Helper()
	return b.answerRequest(t, run, protocol.Request{Cases: cases})
}

func (b *bench) answerRequest(t *testing.T, run work.Func, request protocol.Request) []record {
	t.Helper()
	if err := b.Run(t.Context(), request, run); err != nil {
		t.Fatal(err)
	}
	var records []record
	for line := range strings.Lines(b.out.String()) {
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

func of(kind string, records []record) []record {
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool { return r["kind"] != kind })
}

// column is a field of all records, as text.
func column(records []record, field string) string {
	var values []any
	for _, r := range records {
		values = append(values, r[field])
	}
	return strings.TrimSpace(fmt.Sprintln(values...)) // a space between any two
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: found %s, expected %s", what, got, want)
	}
}

func check(id string) protocol.Case {
	return protocol.Case{ID: id, Operations: 1, Iterations: 1}
}

func TestRecordsComeInTheOrderOfTheGrammar(t *testing.T) {
	b := newBench()
	calls := 0
	records := b.answer(t, func(context.Context, work.Params, *work.Probe) (any, error) {
		if calls++; calls == 2 {
			return nil, errors.New("no")
		}
		return 1, nil
	}, check("a"), check("b"), check("c"))
	expect(t, "kinds", kinds(records), "started sample outcome error sample outcome finished")
	expect(t, "cases", column(records[1:6], "case"), "a a b c c")
}

func TestOneCallIsOneSampleWithoutALeastDuration(t *testing.T) {
	b := newBench()
	c := protocol.Case{ID: "check", Operations: 6, Warmup: 1, Iterations: 2}
	samples := of("sample", b.answer(t, b.spend(10, 1), c))
	expect(t, "iterations", column(samples, "iteration"), "0 1 2")
	expect(t, "warm-up", column(samples, "warmup"), "true false false")
	expect(t, "elapsed", column(samples, "elapsed_ns"), "10 10 10")
	expect(t, "operations", column(samples, "operations"), "6 6 6")
	expect(t, "processor time", column(samples, "cpu_ns"), "20 20 20")
}

func TestUnknownProcessorTimeIsNull(t *testing.T) {
	b := newBench()
	b.noCPU = true
	expect(t, "processor time", column(of("sample", b.answer(t, b.spend(10, 1), check("a"))), "cpu_ns"), "<nil>")
}

func TestBatchesGrowUntilTheyLastAndAreWarmUp(t *testing.T) {
	b := newBench()
	c := protocol.Case{ID: "check", Operations: 2, Warmup: 1, Iterations: 2, MinSampleNs: 1000}
	samples := of("sample", b.answer(t, b.spend(1, 1), c))
	// One call lasts 1 ns: a hundred next, then 1.2 times what is predicted.
	expect(t, "elapsed", column(samples, "elapsed_ns"), "1 100 1200 1200 1200 1200")
	expect(t, "operations", column(samples, "operations"), "2 200 2400 2400 2400 2400")
	expect(t, "warm-up", column(samples, "warmup"), "true true true true false false")
	expect(t, "iterations", column(samples, "iteration"), "0 1 2 3 4 5")
}

func TestACallThatLastsIsABatchOfOne(t *testing.T) {
	b := newBench()
	c := protocol.Case{ID: "check", Operations: 1, Iterations: 1, MinSampleNs: 1000}
	samples := of("sample", b.answer(t, b.spend(1000, 1), c))
	expect(t, "elapsed", column(samples, "elapsed_ns"), "1000 1000")
	expect(t, "warm-up", column(samples, "warmup"), "true false")
}

func TestGrowAlwaysGrowsAndEnds(t *testing.T) {
	for _, test := range []struct{ calls, elapsed, goal, want int64 }{
		{1, 0, 1000, 100},                    // too short for the clock
		{1, 999, 1000, 2},                    // almost
		{100, 990, 1000, 121},                // a fifth more than predicted
		{maxCalls - 1, 1, 1 << 60, maxCalls}, // no further
		{1 << 29, 0, 1 << 62, maxCalls},
	} {
		if got := grow(test.calls, test.elapsed, test.goal); got != test.want {
			t.Errorf("grow(%d, %d, %d): found %d, expected %d", test.calls, test.elapsed, test.goal, got, test.want)
		}
	}
}

func TestAnAnswerThatIsWrongOnceIsFound(t *testing.T) {
	b := newBench()
	calls := 0
	c := protocol.Case{ID: "check", Operations: 1, Iterations: 4}
	records := b.answer(t, func(context.Context, work.Params, *work.Probe) (any, error) {
		if calls++; calls == 3 {
			return 19, nil
		}
		return 20, nil
	}, c)
	outcomes := of("outcome", records)
	expect(t, "values", column(outcomes, "value"), "20 19")
	expect(t, "first digest", outcomes[0]["digest"].(string), protocol.Digest([]byte("20")))
}

func TestOnlyTheLastCallOfABatchIsChecked(t *testing.T) {
	b := newBench()
	calls := 0
	c := protocol.Case{ID: "check", Operations: 1, Iterations: 1, MinSampleNs: 100}
	records := b.answer(t, func(context.Context, work.Params, *work.Probe) (any, error) {
		b.clock++
		calls++
		return min(calls, 5), nil
	}, c)
	expect(t, "values", column(of("outcome", records), "value"), "1 5")
}

func TestALongAnswerIsCut(t *testing.T) {
	b := newBench()
	outcomes := of("outcome", b.answer(t, b.spend(1, strings.Repeat("é", 300)), check("a")))
	if n := len(outcomes[0]["value"].(string)); n != protocol.ValueLimit {
		t.Errorf("found %d characters, expected %d", n, protocol.ValueLimit)
	}
}

func TestObservedBelongsToItsCase(t *testing.T) {
	b := newBench()
	most := 5
	records := b.answer(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Observe("in flight", most)
		most--
		return 1, nil
	}, protocol.Case{ID: "a", Operations: 1, Iterations: 2}, check("b"))
	expect(t, "observed", column(of("outcome", records), "observed"), "map[in flight:5] map[in flight:3]")
}

func TestAPanicIsACrashAndItsStackGoesToStandardError(t *testing.T) {
	b := newBench()
	records := b.answer(t, func(_ context.Context, p work.Params, _ *work.Probe) (any, error) {
		return p.Int("tasks"), nil
	}, check("a"), protocol.Case{ID: "b", Params: map[string]any{"tasks": int64(1)}, Operations: 1, Iterations: 1})
	expect(t, "kinds", kinds(records), "started error sample outcome finished")
	expect(t, "reason", records[1]["reason"].(string), "crash")
	expect(t, "message", records[1]["message"].(string),
		"panic: params: tasks: found nothing, expected an integer (the case gives: none)")
	if !strings.Contains(b.stderr.String(), "session_test.go") {
		t.Errorf("standard error: found %q, expected a stack", b.stderr.String())
	}
}

func TestErrorsHaveReasons(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("no"), "crash"},
		{fmt.Errorf("io_uring: %w", errors.ErrUnsupported), "unsupported"},
		{fmt.Errorf("mmap: %w", syscall.ENOMEM), "out_of_memory"},
	} {
		b := newBench()
		records := b.answer(t, func(context.Context, work.Params, *work.Probe) (any, error) { return nil, test.err }, check("a"))
		expect(t, "reason", records[1]["reason"].(string), test.want)
		expect(t, "message", records[1]["message"].(string), test.err.Error())
		expect(t, "case", records[1]["case"].(string), "a")
	}
}

func TestAnAnswerOfAnotherTypeIsACrash(t *testing.T) {
	b := newBench()
	records := b.answer(t, b.spend(1, 1.5), check("a"))
	expect(t, "kinds", kinds(records), "started sample error finished")
	if message := records[2]["message"].(string); !strings.HasPrefix(message, "answer: found float64") {
		t.Errorf("message: found %q, expected the type", message)
	}
}

func TestTheProbeSpeaksInRecords(t *testing.T) {
	b := newBench()
	records := b.answerRequest(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Event("1", "began")
		b.clock += 7
		probe.Event("1", "ended")
		probe.Parked(3)
		probe.Listening(8080)
		return 1, nil
	}, protocol.Request{Trace: true, Cases: []protocol.Case{check("a")}})
	expect(t, "kinds", kinds(records), "started footprint listening sample event event outcome finished")
	expect(t, "footprint", fmt.Sprint(records[1]), "map[bytes:4096 case:a kind:footprint tasks:3 virtual_bytes:8192]")
	expect(t, "port", fmt.Sprint(records[2]["port"]), "8080")
	expect(t, "event times", column(of("event", records), "at_ns"), "0 7")
}

func TestEventsAreDroppedWithoutATrace(t *testing.T) {
	b := newBench()
	records := b.answer(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Event("1", "began")
		return 1, nil
	}, check("a"))
	expect(t, "kinds", kinds(records), "started sample outcome finished")
}

func TestWaitsAreOneDistributionACaseWithoutThoseOfWarmingUp(t *testing.T) {
	b := newBench()
	records := b.answer(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		var tasks sync.WaitGroup
		for _, ns := range []int64{5_000_000, 1_000_000_000, -1} {
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
	expect(t, "waits", fmt.Sprint(found.TotalCount()), "6")
	for p, want := range map[float64]int64{10: 0, 50: 5_000_000, 100: 1_000_000_000} {
		if got := found.ValueAtPercentile(p); got < want || got > want+want/1000 {
			t.Errorf("p%v: found %d, expected %d", p, got, want)
		}
	}
}

func TestNothingIsSaidOfWaitsThatThereAreNot(t *testing.T) {
	b := newBench()
	c := protocol.Case{ID: "a", Operations: 1, Warmup: 1, Iterations: 1}
	records := b.answer(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		if b.clock++; b.clock == 1 {
			probe.Latency(1) // while warming up
		}
		return 1, nil
	}, c, check("b"))
	expect(t, "kinds", kinds(records), "started sample sample outcome sample outcome finished")
}

func TestACaseThatFailsHasNoDistribution(t *testing.T) {
	b := newBench()
	records := b.answer(t, func(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
		probe.Latency(1)
		return nil, errors.New("no")
	}, check("a"))
	expect(t, "kinds", kinds(records), "started error finished")
}

func parked(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
	probe.Parked(3)
	return 1, nil
}

func TestParkedIsUnsupportedWhereMemoryIsNotKnown(t *testing.T) {
	b := newBench()
	b.noBytes = true
	records := b.answer(t, parked, check("a"))
	expect(t, "kinds", kinds(records), "started error finished")
	expect(t, "reason", records[1]["reason"].(string), "unsupported")
}

func TestWhatIsReservedMayBeUnknown(t *testing.T) {
	b := newBench()
	b.noVirtual = true
	records := b.answer(t, parked, check("a"))
	expect(t, "footprint", fmt.Sprint(records[1]), "map[bytes:4096 case:a kind:footprint tasks:3 virtual_bytes:<nil>]")
}

func TestStopEndsTheCaseThatRunsAndNoOther(t *testing.T) {
	b := newBench()
	b.Stop() // nothing runs yet
	calls := 0
	records := b.answer(t, func(ctx context.Context, _ work.Params, _ *work.Probe) (any, error) {
		if calls++; ctx.Err() != nil {
			return nil, errors.New("it was over before it began")
		}
		go b.Stop()
		<-ctx.Done()
		return 0, nil
	}, check("a"), check("b"))
	expect(t, "kinds", kinds(records), "started sample outcome sample outcome finished")
	expect(t, "calls", fmt.Sprint(calls), "2")
}

func TestRunEndsWhenRecordsCannotBeWritten(t *testing.T) {
	b := newBench()
	calls := 0
	run := func(context.Context, work.Params, *work.Probe) (any, error) {
		calls++
		return 1, nil
	}
	b.Records = protocol.NewWriter(&limited{lines: 2})
	err := b.Run(t.Context(), protocol.Request{Cases: []protocol.Case{check("a"), check("b"), check("c")}}, run)
	if err == nil || calls != 1 {
		t.Errorf("found %v after %d calls, expected an error after 1", err, calls)
	}
}

// limited takes a number of lines and fails after them.
type limited struct{ lines int }

func (l *limited) Write(p []byte) (int, error) {
	if l.lines--; l.lines < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}
