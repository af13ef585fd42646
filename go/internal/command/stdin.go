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

	mu   sync.Mutex
	done bool // the work has finished; do not exit any more
}

// WatchStdin watches standard input until end is called. When the input ends, the
// process exits; a line of kind `stop` calls stop.
func (c *Command) WatchStdin(input *bufio.Reader, records *protocol.Writer, stop func()) (end func()) {
	w := &stdinWatcher{command: *c, input: input, records: records, stop: stop}
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
		if kind, known := messageKind(line); !known {
			message := fmt.Sprintf("input: kind: found %s, expected \"stop\"", kind)
			w.exit(ExitRefused, &protocol.Error{Message: message, Reason: protocol.Unsupported}, message)
			return
		}
		w.stop()
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

// messageKind returns the kind of a message as JSON, and whether it is known.
func messageKind(line []byte) (kind string, known bool) {
	var message struct {
		Kind json.RawMessage `json:"kind"`
	}
	if json.Unmarshal(line, &message) != nil || message.Kind == nil {
		return "nothing", false
	}
	return string(message.Kind), string(message.Kind) == `"stop"`
}
