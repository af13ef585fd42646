package session

import (
	"errors"
	"fmt"
	"sync"

	"loombench/internal/protocol"
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

// Parked reads the memory of the process. The number of tasks is the case's
// parameter of that name.
func (s *statements) Parked() {
	tasks, ok := s.c.Params["tasks"].(int64)
	if !ok {
		s.fail(errors.New("parked: found no parameter tasks, expected an integer"))
		return
	}
	bytes, ok := s.session.Resident()
	if !ok {
		s.fail(fmt.Errorf("parked: the resident size is not known on this system: %w", errors.ErrUnsupported))
		return
	}
	s.fail(s.session.Records.Write(protocol.Footprint{Case: s.c.ID, Tasks: tasks, Bytes: bytes}))
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
