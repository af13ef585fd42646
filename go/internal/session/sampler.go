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
	request protocol.Request
	run     work.Func // of what was prepared
	probe   *work.Probe
	sink    *probeSink

	iteration int64              // of the next sample
	callNs    int64              // how long a call of the last sample took; 0: none yet
	outcomes  []protocol.Outcome // one for each distinct digest, in order of appearance
}

func newSampler(s *Session, request protocol.Request, c protocol.Case) *sampler {
	sink := &probeSink{session: s, c: c}
	return &sampler{Session: s, Case: c, request: request, probe: work.NewProbe(sink), sink: sink}
}

// takeSamples prepares the case, takes all its samples and cleans up. It returns the
// first error; when records cannot be written, the caller's next record fails with
// the same error.
func (s *sampler) takeSamples(ctx context.Context, prepare work.PrepareFunc) (err error) {
	prepared, err := prepare(ctx, s.Params)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := prepared.Close(); err == nil {
			err = closeErr
		}
	}()
	s.run = prepared.Run
	return s.takePrepared(ctx)
}

func (s *sampler) takePrepared(ctx context.Context) error {
	calls, err := s.calibrate(ctx)
	if err != nil {
		return err
	}
	if err := s.warmUp(ctx, calls); err != nil {
		return err
	}
	s.sink.resetLatencies() // those of warm-up samples do not count
	if lastCase := s.request.Cases[len(s.request.Cases)-1]; s.request.Turns && s.ID == lastCase.ID {
		return s.takeTurns(ctx, calls)
	}
	for range s.Iterations {
		if _, err := s.takeSample(ctx, calls, false); err != nil {
			return err
		}
	}
	return nil
}

// enoughWarmUp is the time, in ns, after which no further warm-up sample begins.
const enoughWarmUp = 50_000_000

// warmUp takes the warm-up samples; where calls are long, as many as are enough.
func (s *sampler) warmUp(ctx context.Context, calls int64) error {
	warmed := int64(0)
	for i := int64(0); i < s.Warmup && warmed < enoughWarmUp; i++ {
		elapsed, err := s.takeSample(ctx, calls, true)
		if err != nil {
			return err
		}
		warmed += elapsed
	}
	return nil
}

// takeTurns takes one measured sample in each turn, until the harness ends the case.
// Between turns the process only waits and uses no CPU time.
func (s *sampler) takeTurns(ctx context.Context, calls int64) error {
	if err := s.Records.Write(protocol.Ready{Case: s.ID}); err != nil {
		return err
	}
	runUp := s.planRunUp(calls)
	for turn := range s.Turns {
		if turn.Processor != nil {
			s.MoveTo(*turn.Processor)
		}
		if err := s.workUnmeasured(ctx, runUp); err != nil {
			return err
		}
		if _, err := s.takeSample(ctx, calls, false); err != nil {
			return err
		}
	}
	return nil
}

// A runUp is the unmeasured work before the sample of a turn.
type runUp struct {
	calls  int64 // before each look at the clock
	params work.Params
	probe  *work.Probe
}

// planRunUp chooses the work of run-ups: parts of a sample. If its calls are long,
// they are calls of the first case.
func (s *sampler) planRunUp(calls int64) runUp {
	params := work.Params(s.Params)
	if calls < 8 && (s.callNs == 0 || s.callNs > s.request.RunUpNs) {
		params = s.request.Cases[0].Params
	}
	return runUp{max(1, calls/8), params, work.NewProbe(runUpSink{&probeSink{}})}
}

// workUnmeasured works for at least RunUpNs, because a process that has just been
// idle is slower.
func (s *sampler) workUnmeasured(ctx context.Context, up runUp) error {
	if s.request.RunUpNs == 0 {
		return nil
	}
	for start := s.Now(); ; {
		_, _, _, err := s.runBatch(ctx, up.calls, up.params, up.probe)
		if err != nil || s.Now()-start >= s.request.RunUpNs {
			return err
		}
	}
}

// calibrate returns how many calls take at least MinSampleNs. The batches that it
// tries are warm-up samples.
func (s *sampler) calibrate(ctx context.Context) (calls int64, err error) {
	calls = 1
	if s.MinSampleNs == 0 {
		return calls, nil
	}
	for {
		elapsed, err := s.takeSample(ctx, calls, true)
		if err != nil || elapsed >= s.MinSampleNs || calls == maxCalls {
			return calls, err
		}
		calls = grow(calls, elapsed, s.MinSampleNs)
	}
}

// maxCalls limits the number of calls when a call is too short for the clock.
const maxCalls = 1 << 30

// grow predicts from the elapsed time of a batch how many calls take goal
// nanoseconds, plus 20%. A batch grows at most a hundredfold, as in Go's testing
// package, because a very short one predicts little.
func grow(calls, elapsed, goal int64) int64 {
	predicted := 1.2 * float64(calls) * float64(goal) / float64(max(elapsed, 1))
	next := min(predicted, 100*float64(calls), maxCalls)
	return min(max(int64(next), calls+1), maxCalls)
}

// takeSample times one batch of calls, writes its record and keeps the last answer.
func (s *sampler) takeSample(ctx context.Context, calls int64, warmup bool) (elapsed int64, err error) {
	answer, elapsed, cpu, err := s.runBatch(ctx, calls, s.Params, s.probe)
	if err == nil {
		err = s.sink.firstErr()
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
	s.callNs = elapsed / calls
	if err := s.Records.Write(record); err != nil {
		return 0, err
	}
	return elapsed, s.recordAnswer(answer)
}

// runBatch makes the calls; nothing else happens between its two readings of the
// clock. A panic in the calling goroutine becomes an error. A panic in a goroutine
// that the implementation started ends the process, and the harness reports a
// crash of the trial.
func (s *sampler) runBatch(ctx context.Context, calls int64, params work.Params, probe *work.Probe) (
	answer any, elapsed int64, cpu *int64, err error,
) {
	defer func() {
		if problem := recover(); problem != nil {
			fmt.Fprintf(s.Stderr, "panic: %v\n\n%s", problem, debug.Stack())
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	cpuBefore, known := s.CPUNs()
	start := s.Now()
	for range calls {
		if answer, err = s.run(ctx, params, probe); err != nil {
			return nil, 0, nil, err
		}
	}
	elapsed = s.Now() - start
	if cpuAfter, ok := s.CPUNs(); ok && known {
		used := cpuAfter - cpuBefore
		cpu = &used
	}
	return answer, elapsed, cpu, nil
}

// recordAnswer adds an outcome for an answer that differs from all before it.
func (s *sampler) recordAnswer(answer any) error {
	canonical, err := protocol.Canonical(answer)
	if err != nil {
		return err
	}
	digest := protocol.Digest(canonical)
	for _, outcome := range s.outcomes {
		if outcome.Digest == digest {
			return nil
		}
	}
	value := string(canonical[:min(len(canonical), protocol.ValueLimit)]) // ASCII: one byte per character
	s.outcomes = append(s.outcomes, protocol.Outcome{Case: s.ID, Digest: digest, Value: value})
	return nil
}

// errorReason returns the protocol's reason for the error of an implementation.
func errorReason(err error) protocol.Reason {
	switch {
	case errors.Is(err, syscall.ENOMEM):
		return protocol.OutOfMemory
	case errors.Is(err, errors.ErrUnsupported):
		return protocol.Unsupported
	}
	return protocol.Crash
}
