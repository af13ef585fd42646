package protocol

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A LoadRequest asks the load generator for one run of the load generator: one
// server, a fixed number of connections, some phases one after the other.
type LoadRequest struct {
	Application    string // one of Applications
	Address        string // host:port
	Connections    int64  // at least 1
	MessageBytes   int64  // echo: the length of a message, at least 1
	Path           string // http: what is asked for
	Body           string // http: the body that is expected, exactly
	Seed           int64
	ConnectTimeout int64 // nanoseconds: for all connections at the start, for each one later
	AnswerTimeout  int64 // nanoseconds: from a request to the end of its answer
	Phases         []LoadPhase
}

// A LoadPhase is a stretch of load of one kind. Which fields mean something
// depends on the loop.
type LoadPhase struct {
	Loop          string // one of Loops
	DurationNs    int64
	Requests      int64 // closed: more than 0 ends it after as many a connection, whatever the time
	Warmup        bool
	RatePerS      int64 // all but closed: over all connections
	FactorPercent int64 // ladder: from one step's rate to the next
	Steps         int64 // ladder: at most so many
}

// The applications and loops of the load generator.
const (
	Echo = "echo"
	HTTP = "http"

	Closed = "closed"
	Open   = "open"
	Ladder = "ladder"
	Drain  = "drain"
)

// The limits keep the arithmetic of schedules far from the end of 64 bits, and
// name a mistake of units before it costs an hour or the memory.
const (
	mostConnections  = 1_000_000
	mostMessageBytes = 1 << 30
	mostRatePerS     = 100_000_000
	longestNs        = 24 * 3600 * 1_000_000_000
	mostSteps        = 1_000
	mostPercent      = 10_000
)

// ParseLoad decodes and checks the request line of the load generator, with errors like
// those of [ParseRequest].
func ParseLoad(line []byte) (LoadRequest, error) {
	values, err := parseObject(line)
	if err != nil {
		return LoadRequest{}, fmt.Errorf("request: %w", err)
	}
	f := fields{values: values, err: new(error)}
	f.version()
	request := LoadRequest{
		Application:    f.oneOf("application", Echo, HTTP),
		Address:        f.text("address"),
		Connections:    f.between("connections", 1, mostConnections),
		ConnectTimeout: f.between("connect_timeout_ns", 1, longestNs),
		AnswerTimeout:  f.between("answer_timeout_ns", 1, longestNs),
	}
	if f.has("seed") {
		request.Seed = f.atLeast("seed", 0)
	}
	switch request.Application {
	case Echo:
		request.MessageBytes = f.between("message_bytes", 1, mostMessageBytes)
	case HTTP:
		request.Path = f.text("path")
		if !strings.HasPrefix(request.Path, "/") {
			f.refuse("path", "a path that begins with /")
		}
		request.Body = f.text("body")
	}
	request.Phases = f.phases()
	if *f.err != nil {
		return LoadRequest{}, *f.err
	}
	return request, nil
}

func (f fields) oneOf(key string, known ...string) string {
	s, _ := f.values[key].(string)
	if !slices.Contains(known, s) {
		var quoted []string
		for _, name := range known {
			quoted = append(quoted, strconv.Quote(name))
		}
		f.refuse(key, "one of "+strings.Join(quoted, ", "))
	}
	return s
}

func (f fields) between(key string, least, most int64) int64 {
	expected := fmt.Sprintf("an integer from %d to %d", least, most)
	n := f.integer(key, expected)
	if n < least || n > most {
		f.refuse(key, expected)
	}
	return n
}

func (f fields) phases() []LoadPhase {
	list, _ := f.values["phases"].([]any)
	if len(list) == 0 {
		f.refuse("phases", "at least one phase")
	}
	var phases []LoadPhase
	for i, element := range list {
		key := fmt.Sprintf("phases[%d]", i)
		values, ok := element.(map[string]any)
		if !ok {
			f.fail(key, render(element), "a phase")
		}
		phases = append(phases, fields{path: key + ".", values: values, err: f.err}.onePhase())
	}
	return phases
}

func (f fields) onePhase() LoadPhase {
	phase := LoadPhase{Loop: f.oneOf("loop", Closed, Open, Ladder, Drain)}
	if f.has("warmup") {
		phase.Warmup = f.boolean("warmup")
	}
	if phase.Loop == Closed {
		if f.has("requests") {
			phase.Requests = f.atLeast("requests", 0)
		}
		if phase.Requests == 0 {
			phase.DurationNs = f.between("duration_ns", 1, longestNs)
		}
		return phase
	}
	phase.DurationNs = f.between("duration_ns", 1, longestNs)
	phase.RatePerS = f.between("rate_per_s", 1, mostRatePerS)
	if phase.Loop == Ladder {
		phase.FactorPercent = f.between("factor_percent", 101, mostPercent)
		phase.Steps = f.between("steps", 1, mostSteps)
	}
	return phase
}

// The reasons for which the load generator gives up, besides [Unsupported].
const (
	Refused     Reason = "refused"     // nobody listens
	TimedOut    Reason = "timeout"     // the connections are not there in time
	Descriptors Reason = "descriptors" // this process may not open as many files
)

// LoadConnected says that every connection is open.
type LoadConnected struct {
	Connections int64 `json:"connections"`
	ElapsedNs   int64 `json:"elapsed_ns"`
}

// A LoadMeasured is what one phase, or one step of a ladder, came to.
type LoadMeasured struct {
	Phase      int              `json:"phase"` // index in the request
	Step       int              `json:"step"`  // of a ladder, from 0
	Loop       string           `json:"loop"`
	Warmup     bool             `json:"warmup"`
	RatePerS   int64            `json:"rate_per_s"` // asked for; 0 in a closed loop
	ElapsedNs  int64            `json:"elapsed_ns"`
	Requests   int64            `json:"requests"`   // answered rightly, in time
	Unfinished int64            `json:"unfinished"` // answered rightly, after the end
	Unsent     int64            `json:"unsent"`     // all but closed: too late even to be sent, or the connection was closed
	Errors     map[string]int64 `json:"errors"`     // only what is not zero
	Reconnects int64            `json:"reconnects"`
	HDR        string           `json:"hdr"`                   // nanoseconds; all but closed: from the intended time
	ServiceHDR string           `json:"service_hdr,omitempty"` // all but closed: from the time of sending
	LateP50Ns  int64            `json:"late_p50_ns"`
	LateP99Ns  int64            `json:"late_p99_ns"`
	LateMaxNs  int64            `json:"late_max_ns"`
	CPUNs      *int64           `json:"cpu_ns"` // nil: not known here
	Saturated  bool             `json:"saturated"`
}

// LoadFinished is the end of a load.
type LoadFinished struct {
	Served int64 `json:"served"` // connections that stayed open and had every answer right
}

func (LoadConnected) kind() string { return "connected" }
func (LoadMeasured) kind() string  { return "phase" }
func (LoadFinished) kind() string  { return "finished" }
