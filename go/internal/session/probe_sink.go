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
	latencies   *hdrhistogram.Histogram // nil until the first latency
}

// Listening writes its record at once: the harness is waiting to connect.
func (s *probeSink) Listening(port int) {
	s.setErr(s.session.Records.Write(protocol.Listening{Port: port}))
}

// Latency adds a latency to the histogram.
func (s *probeSink) Latency(ns int64) {
	s.latenciesMu.Lock()
	defer s.latenciesMu.Unlock()
	if s.latencies == nil {
		s.latencies = histograms.New()
	}
	histograms.Record(s.latencies, ns)
}

// resetLatencies discards the latencies so far.
func (s *probeSink) resetLatencies() {
	s.latenciesMu.Lock()
	defer s.latenciesMu.Unlock()
	if s.latencies != nil {
		s.latencies.Reset()
	}
}

// writeLatencies writes the latency distribution of the case, if it has one.
func (s *probeSink) writeLatencies() error {
	s.latenciesMu.Lock()
	defer s.latenciesMu.Unlock()
	if s.latencies == nil || s.latencies.TotalCount() == 0 {
		return nil
	}
	text, err := histograms.Encode(s.latencies)
	if err != nil {
		return fmt.Errorf("latency histogram: %w", err)
	}
	return s.session.Records.Write(protocol.Latency{Case: s.c.ID, HDR: text})
}

// Parked reads the memory use of the process and writes it as a record.
func (s *probeSink) Parked(tasks int) {
	pss, ok := s.session.PSSBytes()
	if !ok {
		s.setErr(fmt.Errorf("parked: the memory use of a running process is unknown on this system: %w", errors.ErrUnsupported))
		return
	}
	record := protocol.Footprint{Case: s.c.ID, Tasks: int64(tasks), Bytes: pss}
	if virtual, ok := s.session.VirtualBytes(); ok {
		record.VirtualBytes = &virtual
	}
	s.setErr(s.session.Records.Write(record))
}

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
