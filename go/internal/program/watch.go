package program

import (
	"bufio"
	"encoding/json"
	"fmt"
	"sync"

	"loombench/internal/protocol"
)

// A watch reads standard input while the work is in progress. The harness keeps
// it open for the whole trial, so its end means that the harness has died, and
// nothing may go on running.
type watch struct {
	input   *bufio.Reader
	records *protocol.Writer
	program Program
	stop    func()

	mu   sync.Mutex
	over bool // the work is done: nothing is left to end
}

// Watch watches standard input until end is called: when it ends, so does the
// process, and a line of kind `stop` calls stop.
func (p *Program) Watch(input *bufio.Reader, records *protocol.Writer, stop func()) (end func()) {
	w := &watch{input: input, records: records, program: *p, stop: stop}
	go w.run()
	return w.end
}

func (w *watch) run() {
	for {
		line, err := w.input.ReadBytes('\n')
		if err != nil {
			w.exit(Crash, nil, "standard input ended before the work did: the harness is gone")
			return
		}
		if kind, known := kindOf(line); !known {
			message := fmt.Sprintf("input: kind: found %s, expected \"stop\"", kind)
			w.exit(Refused, &protocol.Error{Message: message, Reason: protocol.Unsupported}, message)
			return
		}
		w.stop()
	}
}

// exit ends the process unless the work is done.
func (w *watch) exit(code int, last *protocol.Error, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.program.Say(message)
	if last != nil {
		_ = w.records.WriteLast(*last) // the process ends either way
	}
	w.program.Exit(code)
}

// end says that the work is done.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// kindOf returns what a line says its kind is, and whether that is a known one.
func kindOf(line []byte) (kind string, known bool) {
	var message struct {
		Kind json.RawMessage `json:"kind"`
	}
	if json.Unmarshal(line, &message) != nil || message.Kind == nil {
		return "nothing", false
	}
	return string(message.Kind), string(message.Kind) == `"stop"`
}
