// Package session runs the cases of a request and writes the records of the
// answer. It takes the time; it knows neither models nor workloads, and what it
// reads of the machine is handed to it.
package session

import (
	"context"
	"io"
	"sync"

	"loombench/internal/protocol"
	"loombench/internal/work"
)

// A Session answers one request. All exported fields are required.
type Session struct {
	Records *protocol.Writer
	Stderr  io.Writer // stacks of panics

	Now      func() int64                  // a monotonic clock in nanoseconds
	CPU      func() (ns int64, ok bool)    // processor time of the process
	Held     func() (bytes int64, ok bool) // proportional resident size of the process
	Reserved func() (bytes int64, ok bool) // of its address space
	Facts    func() map[string]any         // what the model has set up
	Usage    func() map[string]int64       // of the whole process, asked for once at the end

	mu   sync.Mutex
	stop context.CancelFunc // of the case that runs
}

// Run runs run for every case of the request, from `started` to `finished`. What
// a case does wrong is a record; the error is that records cannot be written.
func (s *Session) Run(ctx context.Context, request protocol.Request, run work.Func) error {
	if err := s.Records.Write(protocol.Started{Protocol: protocol.Version, Facts: s.Facts()}); err != nil {
		return err
	}
	for _, c := range request.Cases {
		if err := s.runCase(ctx, request, c, run); err != nil {
			return err
		}
	}
	return s.Records.WriteLast(protocol.Finished{Usage: s.Usage()})
}

// Stop ends the context of the case that runs. The next one has its own: a server
// that was told to stop is started again for it. It may be called from any
// goroutine, at any time.
func (s *Session) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
}

// stoppable returns the context of a case.
func (s *Session) stoppable(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = stop
	return ctx, stop
}

func (s *Session) runCase(ctx context.Context, request protocol.Request, c protocol.Case, run work.Func) error {
	ctx, end := s.stoppable(ctx)
	defer end()
	sampler := newSampler(s, c, run, request.Trace)
	failed := sampler.all(ctx)
	if err := sampler.said.flush(); err != nil {
		return err
	}
	if failed != nil {
		return s.Records.Write(protocol.Error{Message: failed.Error(), Case: &c.ID, Reason: reasonOf(failed)})
	}
	if err := sampler.said.distribution(); err != nil {
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
