package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"

	"loombench/internal/protocol"
	"loombench/internal/work"
)

// A sampler takes the samples of one case.
type sampler struct {
	*Session
	protocol.Case
	run   work.Func
	probe *work.Probe
	said  *statements

	iteration int64              // the next sample's
	outcomes  []protocol.Outcome // one for each distinct digest, in the order they came
}

func newSampler(s *Session, c protocol.Case, run work.Func, trace bool) *sampler {
	said := &statements{session: s, c: c, trace: trace}
	return &sampler{Session: s, Case: c, run: run, probe: work.NewProbe(said), said: said}
}

// all takes every sample of the case. Failures to write end it too, and come
// back to the caller from the next record.
func (s *sampler) all(ctx context.Context) error {
	s.said.begin()
	calls, err := s.calibrate(ctx)
	if err != nil {
		return err
	}
	for range s.Warmup {
		if _, err := s.sample(ctx, calls, true); err != nil {
			return err
		}
	}
	s.said.forget() // what was said while warming up counts no more than its time
	for range s.Iterations {
		if _, err := s.sample(ctx, calls, false); err != nil {
			return err
		}
	}
	return nil
}

// calibrate finds how many calls last MinSampleNs. The batches it tries are
// warm-up samples.
func (s *sampler) calibrate(ctx context.Context) (calls int64, err error) {
	calls = 1
	if s.MinSampleNs == 0 {
		return calls, nil
	}
	for {
		elapsed, err := s.sample(ctx, calls, true)
		if err != nil || elapsed >= s.MinSampleNs || calls == maxCalls {
			return calls, err
		}
		calls = grow(calls, elapsed, s.MinSampleNs)
	}
}

// maxCalls ends the growth when calls take no time that the clock can see.
const maxCalls = 1 << 30

// grow predicts how many calls last goal nanoseconds from how long they took,
// with a fifth to spare. A first batch that is too short to tell grows a
// hundredfold and no more, as in the testing package of Go.
func grow(calls, elapsed, goal int64) int64 {
	predicted := 1.2 * float64(calls) * float64(goal) / float64(max(elapsed, 1))
	next := min(predicted, 100*float64(calls), maxCalls)
	return min(max(int64(next), calls+1), maxCalls)
}

// sample times one batch, writes its record and checks the last answer. Nothing
// but the calls is between the two readings of the clock.
func (s *sampler) sample(ctx context.Context, calls int64, warmup bool) (elapsed int64, err error) {
	answer, elapsed, cpu, err := s.batch(ctx, calls)
	if err == nil {
		err = s.said.failure()
	}
	if err != nil {
		return 0, err
	}
	record := protocol.Sample{
		Case:       s.ID,
		Iteration:  s.iteration,
		Warmup:     warmup,
		ElapsedNs:  elapsed,
		Operations: calls * s.Operations,
		CPUNs:      cpu,
	}
	s.iteration++
	if err := s.Records.Write(record); err != nil {
		return 0, err
	}
	return elapsed, s.check(answer)
}

// batch makes the calls. A panic of an implementation in the calling goroutine
// is an error; one in a goroutine it started ends the process, as it would in
// any Go program, and the harness sees the trial crash.
func (s *sampler) batch(ctx context.Context, calls int64) (answer any, elapsed int64, cpu *int64, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			fmt.Fprintf(s.Stderr, "panic: %v\n\n%s", problem, debug.Stack())
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	params := work.Params(s.Params)
	cpuBefore, known := s.CPU()
	start := s.Now()
	for range calls {
		if answer, err = s.run(ctx, params, s.probe); err != nil {
			return nil, 0, nil, err
		}
	}
	elapsed = s.Now() - start
	if cpuAfter, ok := s.CPU(); ok && known {
		used := cpuAfter - cpuBefore
		cpu = &used
	}
	return answer, elapsed, cpu, nil
}

// check keeps an answer that was not seen before.
func (s *sampler) check(answer any) error {
	canonical, err := protocol.Canonical(answer)
	if err != nil {
		return err
	}
	digest := protocol.Digest(canonical)
	for _, seen := range s.outcomes {
		if seen.Digest == digest {
			return nil
		}
	}
	value := string(canonical[:min(len(canonical), protocol.ValueLimit)]) // ASCII: bytes are characters
	s.outcomes = append(s.outcomes, protocol.Outcome{Case: s.ID, Digest: digest, Value: value})
	return nil
}

func reasonOf(err error) protocol.Reason {
	switch {
	case errors.Is(err, syscall.ENOMEM):
		return protocol.OutOfMemory
	case errors.Is(err, errors.ErrUnsupported):
		return protocol.Unsupported
	}
	return protocol.Crash
}
