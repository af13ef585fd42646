package protocol

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A LoadRequest describes one run of the load generator: one server, a fixed
// number of connections, and phases that run one after the other.
type LoadRequest struct {
	Application    string // Echo or HTTP
	Address        string // host:port
	Connections    int64  // at least 1
	MessageBytes   int64  // echo: message size, at least 1
	Path           string // http: the path of the page
	Body           string // http: the exact body of the response
	Seed           int64
	ConnectTimeout int64 // nanoseconds: at the start for all connections together, later for each one
	AnswerTimeout  int64 // nanoseconds: from sending a request to the end of its response
	Visits         int64 // connections that are opened for one request each before the phases
	Phases         []LoadPhase
	ServerPIDs     []int64     // the processes of the server, if known: their CPU time is measured
	Turns          []LoadPhase // if any: measured once for each turn that the harness gives, after Phases
}

// A LoadPhase is one phase of the load. Some fields apply to some loops only.
type LoadPhase struct {
	Loop          string // Closed, Open, Ladder or Drain
	DurationNs    int64
	Requests      int64 // closed: requests per connection, the fewest if there is a duration; ladder: the fewest due in a step
	Warmup        bool
	RatePerS      int64 // all but closed: total over all connections
	FactorPercent int64 // ladder: each step's rate as a percentage of the previous one
	Steps         int64 // ladder: the maximum number of steps
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

// The limits keep schedule arithmetic well within 64 bits, and catch a wrong unit
// before it costs an hour or all memory.
const (
	maxConnections   = 1_000_000
	maxMessageBytes  = 1 << 30
	maxRatePerS      = 100_000_000
	maxNs            = 24 * 3600 * 1_000_000_000
	maxSteps         = 1_000
	maxPID           = 1 << 22       // of Linux
	maxRequests      = 1_000_000_000 // of a step of a ladder
	maxFactorPercent = 10_000
)

// ParseLoad decodes and checks a request line of the load generator. Its errors
// have the form of those of [ParseRequest].
func ParseLoad(line []byte) (LoadRequest, error) {
	values, err := parseObject(line)
	if err != nil {
		return LoadRequest{}, fmt.Errorf("request: %w", err)
	}
	f := fields{values: values, err: new(error)}
	f.version(LoadVersion)
	request := LoadRequest{
		Application:    f.oneOf("application", Echo, HTTP),
		Address:        f.text("address"),
		Connections:    f.between("connections", 1, maxConnections),
		ConnectTimeout: f.between("connect_timeout_ns", 1, maxNs),
		AnswerTimeout:  f.between("answer_timeout_ns", 1, maxNs),
	}
	if f.has("seed") {
		request.Seed = f.atLeast("seed", 0)
	}
	if f.has("visits") {
		request.Visits = f.between("visits", 0, maxConnections)
	}
	switch request.Application {
	case Echo:
		request.MessageBytes = f.between("message_bytes", 1, maxMessageBytes)
	case HTTP:
		request.Path = f.text("path")
		if !strings.HasPrefix(request.Path, "/") {
			f.reject("path", "a path that begins with /")
		}
		request.Body = f.text("body")
	}
	if f.has("server_pids") {
		request.ServerPIDs = f.pids("server_pids")
	}
	request.Phases = f.phases("phases")
	if list, ok := f.values["turns"].([]any); f.has("turns") && (!ok || len(list) > 0) {
		request.Turns = f.phases("turns")
	}
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
		f.reject(key, "one of "+strings.Join(quoted, ", "))
	}
	return s
}

func (f fields) between(key string, lowest, highest int64) int64 {
	expected := fmt.Sprintf("an integer from %d to %d", lowest, highest)
	n := f.integer(key, expected)
	if n < lowest || n > highest {
		f.reject(key, expected)
	}
	return n
}

func (f fields) pids(key string) []int64 {
	list, ok := f.values[key].([]any)
	if !ok {
		f.reject(key, "a list of process ids")
	}
	var pids []int64
	for i, element := range list {
		name := fmt.Sprintf("%s[%d]", key, i)
		one := fields{values: map[string]any{name: element}, err: f.err}
		pids = append(pids, one.between(name, 1, maxPID))
	}
	return pids
}

func (f fields) phases(key string) []LoadPhase {
	list, _ := f.values[key].([]any)
	if len(list) == 0 {
		f.reject(key, "at least one phase")
	}
	var phases []LoadPhase
	for i, element := range list {
		name := fmt.Sprintf("%s[%d]", key, i)
		values, ok := element.(map[string]any)
		if !ok {
			f.setError(name, render(element), "a phase")
		}
		phases = append(phases, fields{path: name + ".", values: values, err: f.err}.parsePhase())
	}
	return phases
}

func (f fields) parsePhase() LoadPhase {
	phase := LoadPhase{Loop: f.oneOf("loop", Closed, Open, Ladder, Drain)}
	if f.has("warmup") {
		phase.Warmup = f.boolean("warmup")
	}
	if phase.Loop == Closed {
		if f.has("requests") {
			phase.Requests = f.atLeast("requests", 0)
		}
		switch {
		case phase.Requests == 0:
			phase.DurationNs = f.between("duration_ns", 1, maxNs)
		case f.has("duration_ns"):
			phase.DurationNs = f.between("duration_ns", 0, maxNs)
		}
		return phase
	}
	phase.DurationNs = f.between("duration_ns", 1, maxNs)
	phase.RatePerS = f.between("rate_per_s", 1, maxRatePerS)
	if phase.Loop == Ladder {
		phase.FactorPercent = f.between("factor_percent", 101, maxFactorPercent)
		phase.Steps = f.between("steps", 1, maxSteps)
		if f.has("requests") {
			phase.Requests = f.between("requests", 0, maxRequests)
		}
	}
	return phase
}

// The reasons of the load generator, besides [Unsupported].
const (
	Refused     Reason = "refused"     // nothing listens on the address
	TimedOut    Reason = "timeout"     // the connections were not open in time
	Descriptors Reason = "descriptors" // the open file limit of this process is too low
)

// LoadConnected says that every connection is open.
type LoadConnected struct {
	Connections int64 `json:"connections"`
	ElapsedNs   int64 `json:"elapsed_ns"`
}

// LoadReady says that the phases are done and that the load waits for its turns.
type LoadReady struct {
	Connections int64 `json:"connections"` // how many there are
}

// A LoadMeasured is the result of one phase, or of one step of a ladder.
type LoadMeasured struct {
	Phase       int              `json:"phase"` // index in the request, turns after phases
	Step        int              `json:"step"`  // ladder: from 0
	Loop        string           `json:"loop"`
	Warmup      bool             `json:"warmup"`
	RatePerS    int64            `json:"rate_per_s"` // offered; 0 in a closed loop
	ElapsedNs   int64            `json:"elapsed_ns"`
	Requests    int64            `json:"requests"`   // correct responses during the phase
	Unfinished  int64            `json:"unfinished"` // correct responses after its end
	Unsent      int64            `json:"unsent"`     // all but closed: not sent before the end, or the connection was closed
	Errors      map[string]int64 `json:"errors"`     // by kind; without zeros
	Reconnects  int64            `json:"reconnects"`
	HDR         string           `json:"hdr"`                     // latency in nanoseconds; see load.sample
	ServiceHDR  string           `json:"service_hdr,omitempty"`   // all but closed: from the actual send time
	LateHDR     string           `json:"late_hdr,omitempty"`      // all but closed: lateness of sending on free connections
	CPUNs       *int64           `json:"cpu_ns"`                  // nil: unknown
	ServerCPUNs *int64           `json:"server_cpu_ns,omitempty"` // of the server's processes; nil: unknown
	Saturated   bool             `json:"saturated"`
}

// LoadFinished is the last record of a load.
type LoadFinished struct {
	Served int64 `json:"served"` // connections that stayed open and got only correct responses
}

func (LoadConnected) kind() string { return "connected" }
func (LoadReady) kind() string     { return "ready" }
func (LoadMeasured) kind() string  { return "phase" }
func (LoadFinished) kind() string  { return "finished" }
