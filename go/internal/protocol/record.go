package protocol

import (
	"encoding/json"
	"errors"
	"io"
	"sync"
)

// Description is the output of `describe`.
type Description struct {
	Protocol        int              `json:"protocol"`
	Language        string           `json:"language"`
	Version         string           `json:"version"`
	Facts           map[string]any   `json:"facts"` // strings, integers, booleans
	Implementations []Implementation `json:"implementations"`
	Probes          []Probe          `json:"probes"`
	Unavailable     []Unavailable    `json:"unavailable"`
}

// A Probe answers one question about the behaviour of a model.
type Probe struct {
	Question string `json:"question"`
	Model    string `json:"model"`
	Source   string `json:"source"` // relative to the root of the repository
}

// An Implementation is one implementation of a workload under one model.
type Implementation struct {
	Workload string   `json:"workload"`
	Model    string   `json:"model"`
	Variant  string   `json:"variant"`
	Source   string   `json:"source"`          // relative to the root of the repository
	Files    []string `json:"files,omitempty"` // other files that it consists of
}

// Unavailable is a model that cannot run on this machine.
type Unavailable struct {
	Model  string `json:"model"`
	Reason string `json:"reason"`
}

// A Record is one line of the answer to a request.
type Record interface{ kind() string }

// Started says that the runtime is ready and the work is about to begin.
type Started struct {
	Protocol int            `json:"protocol"`
	Facts    map[string]any `json:"facts"` // strings, integers, booleans
}

// A Sample is one timed iteration.
type Sample struct {
	Case       string `json:"case"`
	Iteration  int64  `json:"iteration"` // from 0 in each case, warm-up included
	Warmup     bool   `json:"warmup"`
	ElapsedNs  int64  `json:"elapsed_ns"`
	Operations int64  `json:"operations"`
	CPUNs      *int64 `json:"cpu_ns"` // nil: unknown
}

// Ready says that a case is warmed up and waits for its turns.
type Ready struct {
	Case string `json:"case"`
}

// An Outcome is one of the distinct answers of a case.
type Outcome struct {
	Case     string           `json:"case"`
	Digest   string           `json:"digest"`
	Value    string           `json:"value"` // canonical JSON, truncated to ValueLimit
	Observed map[string]int64 `json:"observed"`
}

// ValueLimit is the maximum number of characters of an answer in an [Outcome].
const ValueLimit = 200

// A Reason says why a case failed.
type Reason string

// The reasons of the protocol.
const (
	Crash       Reason = "crash"
	OutOfMemory Reason = "out_of_memory"
	Unsupported Reason = "unsupported"
)

// Error says that a case failed or, without a Case, that the whole trial did.
type Error struct {
	Message string  `json:"message"`
	Case    *string `json:"case,omitempty"`
	Reason  Reason  `json:"reason"`
}

// Finished is the last record of a trial. Usage leaves out unknown values.
type Finished struct {
	Usage map[string]int64 `json:"usage"`
}

// Latency is the latency distribution of a case.
type Latency struct {
	Case string `json:"case"`
	HDR  string `json:"hdr"` // nanoseconds, whether late or early
	// How early the early ones were, which are in HDR too.
	EarlyHDR string `json:"early_hdr,omitempty"`
}

// Footprint is the memory use of the process while Tasks tasks were parked.
type Footprint struct {
	Case         string `json:"case"`
	Tasks        int64  `json:"tasks"`
	Bytes        int64  `json:"bytes"`         // proportional set size
	VirtualBytes *int64 `json:"virtual_bytes"` // reserved; nil: unknown
	KernelBytes  *int64 `json:"kernel_bytes"`  // page tables and kernel stacks; nil: unknown
}

// Listening says that a server accepts connections.
type Listening struct {
	Port int `json:"port"`
}

// Evidence is one thing that a probe saw.
type Evidence struct {
	Text string `json:"text"`
}

// Observed is the word for what a probe observed. The last one counts.
type Observed struct {
	Word string `json:"word"`
}

func (Started) kind() string   { return "started" }
func (Sample) kind() string    { return "sample" }
func (Ready) kind() string     { return "ready" }
func (Outcome) kind() string   { return "outcome" }
func (Error) kind() string     { return "error" }
func (Finished) kind() string  { return "finished" }
func (Latency) kind() string   { return "latency" }
func (Footprint) kind() string { return "footprint" }
func (Listening) kind() string { return "listening" }
func (Evidence) kind() string  { return "evidence" }
func (Observed) kind() string  { return "observed" }

// ErrClosed is returned when a [Writer] is used after its last record.
var ErrClosed = errors.New("the last record was written")

// A Writer writes each record as one line. It is safe for concurrent use. After
// an error every later write fails too, so that the output never has a gap.
type Writer struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewWriter returns a writer to w. It does not buffer.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one record.
func (w *Writer) Write(record Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(record)
}

// WriteLast writes one record and closes the writer.
func (w *Writer) WriteLast(record Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.write(record)
	w.err = ErrClosed
	return err
}

func (w *Writer) write(record Record) error {
	if w.err != nil {
		return w.err
	}
	line, err := encode(record)
	if err == nil {
		_, err = w.w.Write(line)
	}
	w.err = err
	return err
}

// encode puts the kind before the other fields, which makes transcripts easier to
// read.
func encode(record Record) ([]byte, error) {
	body, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	line := append([]byte(`{"kind":"`+record.kind()+`",`), body[1:]...) // every record has a field
	return append(line, '\n'), nil
}
