// Package session runs the cases of a request, times them and writes the records.
// It knows neither models nor workloads. Its access to the machine (clock, CPU
// time, memory) is injected, so that tests can replace it.
package session

import (
	"context"
	"io"
	"sync"

	"loombench/internal/protocol"
	"loombench/internal/work"
)

// A Session runs one request. All exported fields are required.
type Session struct {
	Records *protocol.Writer
	Stderr  io.Writer // for the stack traces of panics

	Now          func() int64                  // a monotonic clock in nanoseconds
	CPUNs        func() (ns int64, ok bool)    // CPU time of the process
	PSSBytes     func() (bytes int64, ok bool) // proportional set size of the process
	VirtualBytes func() (bytes int64, ok bool) // reserved address space of the process
	KernelBytes  func() (bytes int64, ok bool) // page tables and kernel stacks of the process
	Facts        func() map[string]any         // facts about the process after the model's setup
	Usage        func() map[string]int64       // resource usage of the process; called once, at the end

	Turns  <-chan protocol.Turn // the turns of the last case, closed at its end; nil if the request has no turns
	MoveTo func(processor int)  // moves the calling thread, without keeping it there

	mu   sync.Mutex
	stop context.CancelFunc // stops the running case; nil before the first case
}

// Run runs every case of the request as prepare returns it and writes all records, from
// `started` to `finished`. The failure of a case is a record. The returned error
// means that records cannot be written.
func (s *Session) Run(ctx context.Context, request protocol.Request, prepare work.PrepareFunc) error {
	if err := s.Records.Write(protocol.Started{Protocol: protocol.Version, Facts: s.Facts()}); err != nil {
		return err
	}
	for _, c := range request.Cases {
		if err := s.runCase(ctx, request, c, prepare); err != nil {
			return err
		}
	}
	return s.Records.WriteLast(protocol.Finished{Usage: s.Usage()})
}

// Stop cancels the context of the running case. The next case has a context of its
// own, so its server starts again. Stop is safe for concurrent use.
func (s *Session) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
}

// stoppable returns the context of a case, which Stop cancels.
func (s *Session) stoppable(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = stop
	return ctx, stop
}

func (s *Session) runCase(ctx context.Context, request protocol.Request, c protocol.Case, prepare work.PrepareFunc) error {
	ctx, cancel := s.stoppable(ctx)
	defer cancel()
	sampler := newSampler(s, request, c)
	if caseErr := sampler.takeSamples(ctx, prepare); caseErr != nil {
		return s.Records.Write(protocol.Error{Message: caseErr.Error(), Case: &c.ID, Reason: errorReason(caseErr)})
	}
	if err := sampler.sink.writeLatencies(); err != nil {
		return err
	}
	observed := sampler.probe.Observed()
	for _, outcome := range sampler.outcomes {
		outcome.Observed = observed
		if err := s.Records.Write(outcome); err != nil {
			return err
		}
	}
	return nil
}
