package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/exp/trace"
)

// The program runs from one log message of category mark to the other. A log message
// of category laneName names the lane of its goroutine.
const (
	mark, markStart, markEnd = "loombench", "start", "end"
	laneName                 = "lane"
	nobody                   = -1
)

// An event is one in the form of harness/traces/events.py.
type event struct {
	ns          int64
	kind        string
	lane, other int64
	text, group string
}

// MarshalJSON writes an event as an array.
func (e event) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{e.ns, e.kind, e.lane, e.other, e.text, e.group})
}

// read reads an execution trace. It returns the events of the goroutines of the
// program, and when it started and ended.
func read(r io.Reader, group string) (found []event, start, end int64, err error) {
	all, err := readAll(r)
	if err != nil {
		return nil, 0, 0, err
	}
	names := map[trace.GoID]string{}
	for _, e := range all {
		if e.Kind() != trace.EventLog {
			continue
		}
		switch log := e.Log(); {
		case log.Category == laneName:
			names[e.Goroutine()] = log.Message
		case log.Category == mark && log.Message == markStart:
			start, names[e.Goroutine()] = int64(e.Time()), "main"
		case log.Category == mark && log.Message == markEnd:
			end = int64(e.Time())
		}
	}
	if end == 0 {
		return nil, 0, 0, errors.New("the execution trace lacks the end of the program")
	}
	lanes := lanes{names: names, group: group, known: map[trace.GoID]bool{}}
	for _, e := range all {
		if e.Kind() == trace.EventStateTransition && e.StateTransition().Resource.Kind == trace.ResourceGoroutine {
			lanes.add(e)
		}
	}
	return lanes.events, start, end, nil
}

func readAll(r io.Reader) (all []trace.Event, err error) {
	reader, err := trace.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("the execution trace cannot be read: %w", err)
	}
	for {
		e, err := reader.ReadEvent()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the execution trace cannot be read: %w", err)
		}
		all = append(all, e)
	}
}

// lanes collects the events of goroutines.
type lanes struct {
	names     map[trace.GoID]string // of those that have one
	group     string
	known     map[trace.GoID]bool
	anonymous int
	events    []event
}

// add handles one change of the state of a goroutine.
func (l *lanes) add(e trace.Event) {
	change := e.StateTransition()
	id := change.Resource.Goroutine()
	from, to := change.Goroutine()
	if from == trace.GoNotExist || from == trace.GoUndetermined {
		if !l.create(e, id, from) {
			return
		}
	}
	if !l.known[id] {
		return
	}
	add := func(kind string, other int64, text string) {
		l.events = append(l.events, event{int64(e.Time()), kind, int64(id), other, text, ""})
	}
	if from == trace.GoUndetermined && to != trace.GoRunnable {
		add("runs", nobody, "") // it must have run to be in any other state
		from = trace.GoRunning
	}
	switch {
	case from == to, from == trace.GoSyscall && to == trace.GoWaiting:
	case to == trace.GoRunning:
		add("runs", nobody, "")
	case to == trace.GoRunnable && from == trace.GoRunning:
		add("yields", nobody, "")
	case to == trace.GoRunnable:
		waker, cause := l.waker(e), ""
		if waker == nobody {
			cause = "timer or I/O"
		}
		add("ready", waker, cause)
	case to == trace.GoWaiting && from == trace.GoRunning:
		add("waits", nobody, change.Reason)
	case to == trace.GoSyscall && from == trace.GoRunning:
		add("waits", nobody, "system call")
	case to == trace.GoNotExist:
		add("done", nobody, "")
		delete(l.known, id)
	}
}

// create handles a new goroutine. It reports whether it belongs to the program.
func (l *lanes) create(e trace.Event, id trace.GoID, from trace.GoState) bool {
	name, named := l.names[id]
	if from == trace.GoUndetermined && !named {
		return false // it was there before: the runtime's, or the one that watches standard input
	}
	if !named {
		function := startFunction(e.StateTransition().Stack)
		if strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "runtime/trace.") {
			return false
		}
		l.anonymous++
		name = "goroutine"
		if l.anonymous > 1 {
			name = fmt.Sprintf("goroutine %d", l.anonymous)
		}
	}
	l.known[id] = true
	l.events = append(l.events, event{int64(e.Time()), "created", int64(id), l.waker(e), name, l.group})
	return true
}

// waker returns the goroutine that makes another one ready, if it is one of the
// program.
func (l *lanes) waker(e trace.Event) int64 {
	if id := e.Goroutine(); l.known[id] {
		return int64(id)
	}
	return nobody
}

// startFunction returns the name of the function that a goroutine starts in.
func startFunction(stack trace.Stack) string {
	name := ""
	for frame := range stack.Frames() {
		name = frame.Func
	}
	return name
}
