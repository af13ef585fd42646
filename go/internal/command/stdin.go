package command

import (
	"bufio"
	"encoding/json"
	"fmt"
	"sync"

	"loombench/internal/protocol"
)

// A stdinWatcher reads standard input while the work is running. The harness
// keeps it open for the whole trial, so its end means that the harness has died
// and this process must exit.
type stdinWatcher struct {
	command Command
	input   *bufio.Reader
	records *protocol.Writer
	stop    func()
	turns   chan<- protocol.Turn // nil: no turn is expected (any more)

	mu   sync.Mutex
	done bool // the work has finished; do not exit any more
}

// MaxTurnsAhead is the number of turns that the harness may send ahead. It sends one
// at a time; with a few more the end of standard input is still noticed at once.
const MaxTurnsAhead = 64

// WatchStdin watches standard input until end is called. When the input ends, the
// process exits. A line of kind `stop` calls stop. If turns is not nil, a line of
// kind `turn` is sent to it, and `end` closes it.
func (c *Command) WatchStdin(input *bufio.Reader, records *protocol.Writer, stop func(), turns chan<- protocol.Turn) (end func()) {
	w := &stdinWatcher{command: *c, input: input, records: records, stop: stop, turns: turns}
	go w.run()
	return w.end
}

func (w *stdinWatcher) run() {
	for {
		line, err := w.input.ReadBytes('\n')
		if err != nil {
			w.exit(ExitCrash, nil, "standard input ended before the work did: the harness is gone")
			return
		}
		kind := messageKind(line)
		switch {
		case kind == `"stop"`:
			w.stop()
		case kind == `"turn"` && w.turns != nil:
			var turn protocol.Turn
			_ = json.Unmarshal(line, &turn) // it has a kind, so it is an object; a wrong type is ignored
			w.turns <- turn
		case kind == `"end"` && w.turns != nil:
			close(w.turns)
			w.turns = nil
		default:
			expected := `"stop"`
			if w.turns != nil {
				expected = `one of "stop", "turn", "end"`
			}
			message := fmt.Sprintf("input: kind: found %s, expected %s", kind, expected)
			w.exit(ExitRefused, &protocol.Error{Message: message, Reason: protocol.Unsupported}, message)
			return
		}
	}
}

// exit ends the process unless the work has finished. last, if any, is the last
// record.
func (w *stdinWatcher) exit(code int, last *protocol.Error, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return
	}
	w.command.Log(message)
	if last != nil {
		_ = w.records.WriteLast(*last) // the process exits either way
	}
	w.command.Exit(code)
}

// end marks the work as finished.
func (w *stdinWatcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
}

// messageKind returns the kind of a message as JSON, or "nothing".
func messageKind(line []byte) string {
	var message struct {
		Kind json.RawMessage `json:"kind"`
	}
	if json.Unmarshal(line, &message) != nil || message.Kind == nil {
		return "nothing"
	}
	return string(message.Kind)
}
