// Package witness is what a probe is given: it reports evidence and what was
// observed. Each report leaves the process at once, because a probe may end it.
package witness

import (
	"fmt"

	"loombench/internal/protocol"
)

// A Func is a probe. It returns the word for what it observed, or "" if it has
// reported that itself.
type Func func(*Witness) string

// A Witness reports what a probe sees. Goroutines may share it.
type Witness struct {
	records *protocol.Writer
	model   string
}

// New returns a witness that writes records.
func New(records *protocol.Writer, model string) *Witness {
	return &Witness{records: records, model: model}
}

// Model returns the name of the model.
func (w *Witness) Model() string { return w.model }

// Saw reports one piece of evidence, in a few words.
func (w *Witness) Saw(format string, values ...any) {
	w.write(protocol.Evidence{Text: fmt.Sprintf(format, values...)})
}

// Conclude reports what was observed. The last word counts.
func (w *Witness) Conclude(word string) { w.write(protocol.Observed{Word: word}) }

func (w *Witness) write(record protocol.Record) {
	if err := w.records.Write(record); err != nil {
		panic(err) // the harness is gone
	}
}
