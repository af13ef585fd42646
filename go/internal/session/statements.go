package session

import (
	"errors"
	"fmt"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loombench/internal/protocol"
	"loombench/internal/waits"
)

// statements are what the implementation of a case says through its probe.
type statements struct {
	session *Session
	c       protocol.Case
	trace   bool
	start   int64 // when the first call of the case began

	mu     sync.Mutex
	events []protocol.Event // kept until the case ends: writing would disturb what is traced
	err    error            // the first thing that could not be recorded

	// Waits are counted at once, in a histogram that never grows: a list of a
	// million would be copied again and again while others wait to be counted.
	counting sync.Mutex
	waits    *hdrhistogram.Histogram // nil: there are none
}

func (s *statements) begin() { s.start = s.session.Now() }

// Event keeps an event of a trace.
func (s *statements) Event(task, what string) {
	if !s.trace {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// The clock is read under the lock, so that the events are in its order.
	s.events = append(s.events, protocol.Event{Task: task, What: what, AtNs: s.session.Now() - s.start})
}

// Listening tells the harness at once: it is waiting to connect.
func (s *statements) Listening(port int) {
	s.fail(s.session.Records.Write(protocol.Listening{Port: port}))
}

// Latency counts a wait.
func (s *statements) Latency(ns int64) {
	s.counting.Lock()
	defer s.counting.Unlock()
	if s.waits == nil {
		s.waits = waits.New()
	}
	waits.Record(s.waits, ns)
}

// forget drops the waits so far.
func (s *statements) forget() {
	s.counting.Lock()
	defer s.counting.Unlock()
	if s.waits != nil {
		s.waits.Reset()
	}
}

// distribution writes the waits of the case, if there are any.
func (s *statements) distribution() error {
	s.counting.Lock()
	defer s.counting.Unlock()
	if s.waits == nil || s.waits.TotalCount() == 0 {
		return nil
	}
	text, err := waits.Encode(s.waits)
	if err != nil {
		return fmt.Errorf("waits: %w", err)
	}
	return s.session.Records.Write(protocol.Latency{Case: s.c.ID, HDR: text})
}

// Parked reads the memory of the process.
func (s *statements) Parked(tasks int) {
	held, ok := s.session.Held()
	if !ok {
		s.fail(fmt.Errorf("parked: how much memory a living process holds is not known on this system: %w", errors.ErrUnsupported))
		return
	}
	record := protocol.Footprint{Case: s.c.ID, Tasks: int64(tasks), Bytes: held}
	if reserved, ok := s.session.Reserved(); ok {
		record.VirtualBytes = &reserved
	}
	s.fail(s.session.Records.Write(record))
}

func (s *statements) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *statements) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *statements) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, event := range s.events {
		if err := s.session.Records.Write(event); err != nil {
			return err
		}
	}
	s.events = nil
	return nil
}
