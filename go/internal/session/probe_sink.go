package session

import (
	"errors"
	"fmt"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/histograms"
	"loombench/internal/protocol"
)

// A probeSink receives what the implementation of one case reports through its
// probe. It is a [work.Sink].
type probeSink struct {
	session *Session
	c       protocol.Case

	mu  sync.Mutex
	err error // the first report that could not be recorded

	// Latencies go straight into a histogram, which never grows. A list of a million
	// would be copied again and again while other goroutines wait to append.
	latenciesMu sync.Mutex
	latencies   *hdrhistogram.Histogram // late and early; nil until the first latency
	early       *hdrhistogram.Histogram // nil until the first early one
}

// Listening writes its record at once: the harness is waiting to connect.
func (s *probeSink) Listening(port int) {
	s.setErr(s.session.Records.Write(protocol.Listening{Port: port}))
}

// Latency adds a latency to the histogram, and how early it was to the other.
func (s *probeSink) Latency(ns int64) {
	s.latenciesMu.Lock()
	defer s.latenciesMu.Unlock()
	if s.latencies == nil {
		s.latencies = histograms.New()
	}
	if ns >= 0 {
		histograms.Record(s.latencies, ns)
		return
	}
	if s.early == nil {
		s.early = histograms.New()
	}
	histograms.Record(s.latencies, -ns)
	histograms.Record(s.early, -ns)
}

// resetLatencies discards the latencies so far.
func (s *probeSink) resetLatencies() {
	s.latenciesMu.Lock()
	defer s.latenciesMu.Unlock()
	if s.latencies != nil {
		s.latencies.Reset()
	}
	s.early = nil
}

// writeLatencies writes the latency distribution of the case, if it has one.
func (s *probeSink) writeLatencies() error {
	s.latenciesMu.Lock()
	defer s.latenciesMu.Unlock()
	if s.latencies == nil || s.latencies.TotalCount() == 0 {
		return nil
	}
	record := protocol.Latency{Case: s.c.ID}
	var err error
	if record.HDR, err = histograms.Encode(s.latencies); err == nil && s.early != nil {
		record.EarlyHDR, err = histograms.Encode(s.early)
	}
	if err != nil {
		return fmt.Errorf("latency histogram: %w", err)
	}
	return s.session.Records.Write(record)
}

// Parked reads the memory use of the process, writes it as a record, and returns
// what the process and the kernel hold for it.
func (s *probeSink) Parked(tasks int) (heldBytes int64) {
	pss, ok := s.session.PSSBytes()
	if !ok {
		s.setErr(fmt.Errorf("parked: the memory use of a running process is unknown on this system: %w", errors.ErrUnsupported))
		return 0
	}
	heldBytes = pss
	record := protocol.Footprint{Case: s.c.ID, Tasks: int64(tasks), Bytes: pss}
	if virtual, ok := s.session.VirtualBytes(); ok {
		record.VirtualBytes = &virtual
	}
	if kernel, ok := s.session.KernelBytes(); ok {
		record.KernelBytes = &kernel
		heldBytes += kernel
	}
	s.setErr(s.session.Records.Write(record))
	return heldBytes
}

// A runUpSink receives the reports of run-ups. They cost what they cost in a
// measured call, but none becomes a record.
type runUpSink struct{ *probeSink }

func (runUpSink) Parked(int) int64 { return 0 }
func (runUpSink) Listening(int)    {}

// setErr keeps the first error.
func (s *probeSink) setErr(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *probeSink) firstErr() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
