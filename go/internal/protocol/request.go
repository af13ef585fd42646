package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Request describes one trial: one implementation and its cases.
type Request struct {
	Workload string
	Model    string
	Variant  string // "" is the plain implementation
	Seed     int64
	Cases    []Case
	Turns    bool  // the last case takes each measured sample when the harness says so
	RunUpNs  int64 // with turns: unmeasured work before each sample; 0: none
}

// A Case is a workload with a value for every parameter, and how to sample it.
type Case struct {
	ID          string
	Params      map[string]any // int64 or string
	Operations  int64          // per call, at least 1
	Warmup      int64          // warm-up samples, at least 0
	Iterations  int64          // measured samples, at least 1
	MinSampleNs int64          // 0: one call is one sample
}

// ParseRequest decodes and checks a request line. It returns the first error, in
// the form "request: KEY: found X, expected Y". Unknown fields are ignored; `seed`,
// `variant`, `turns` and `run_up_ns` are optional.
//
// The fields are checked by hand, because the errors of encoding/json name Go
// types and do not say what was found.
func ParseRequest(line []byte) (Request, error) {
	values, err := parseObject(line)
	if err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	f := fields{values: values, err: new(error)}
	f.version(Version)
	request := Request{
		Workload: f.text("workload"),
		Model:    f.text("model"),
	}
	if f.has("variant") {
		request.Variant = f.text("variant")
	}
	if f.has("seed") {
		request.Seed = f.atLeast("seed", 0)
	}
	if f.has("turns") {
		request.Turns = f.boolean("turns")
	}
	if f.has("run_up_ns") {
		request.RunUpNs = f.atLeast("run_up_ns", 0)
	}
	request.Cases = f.cases()
	if *f.err != nil {
		return Request{}, *f.err
	}
	return request, nil
}

func parseObject(line []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // float64 rounds large integers, and does not show that 1.0 is no integer
	var value any
	err := decoder.Decode(&value)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	object, ok := value.(map[string]any)
	if err != nil || !ok || !utf8.Valid(line) {
		found := truncate(strings.TrimSpace(string(line)))
		if found == "" {
			found = "nothing"
		}
		return nil, fmt.Errorf("not a JSON object: found %s", found)
	}
	return object, nil
}

// fields reads the fields of one JSON object. It keeps the first error; values
// read after it are meaningless.
// A Turn allows the last case one more sample.
type Turn struct {
	Processor *int `json:"processor"` // where to begin; nil: anywhere
}

type fields struct {
	path   string // "" for the request itself, "cases[0]." for a case
	values map[string]any
	err    *error
}

func (f fields) has(key string) bool {
	_, ok := f.values[key]
	return ok
}

// version rejects other major versions of the protocol.
func (f fields) version(expected int) {
	if f.values["protocol"] != json.Number(strconv.Itoa(expected)) {
		f.reject("protocol", strconv.Itoa(expected))
	}
}

// reject records that a field is not as expected.
func (f fields) reject(key, expected string) {
	found := "nothing"
	if value, ok := f.values[key]; ok {
		found = render(value)
	}
	f.setError(key, found, expected)
}

func (f fields) setError(key, found, expected string) {
	if *f.err == nil {
		*f.err = fmt.Errorf("request: %s%s: found %s, expected %s", f.path, key, found, expected)
	}
}

func (f fields) text(key string) string {
	s, ok := f.values[key].(string)
	if !ok {
		f.reject(key, "a string")
	}
	return s
}

func (f fields) boolean(key string) bool {
	b, ok := f.values[key].(bool)
	if !ok {
		f.reject(key, "true or false")
	}
	return b
}

func (f fields) integer(key, expected string) int64 {
	number, ok := f.values[key].(json.Number)
	if !ok || strings.ContainsAny(string(number), ".eE") {
		f.reject(key, expected)
		return 0
	}
	n, err := number.Int64()
	if err != nil {
		f.reject(key, "an integer of at most 64 bits")
	}
	return n
}

func (f fields) atLeast(key string, lowest int64) int64 {
	expected := fmt.Sprintf("an integer of at least %d", lowest)
	n := f.integer(key, expected)
	if n < lowest {
		f.reject(key, expected)
	}
	return n
}

func (f fields) cases() []Case {
	list, _ := f.values["cases"].([]any)
	if len(list) == 0 {
		f.reject("cases", "at least one case")
	}
	var cases []Case
	seen := make(map[string]bool)
	for i, element := range list {
		key := fmt.Sprintf("cases[%d]", i)
		values, ok := element.(map[string]any)
		if !ok {
			f.setError(key, render(element), "a case")
		}
		caseFields := fields{path: key + ".", values: values, err: f.err}
		c := caseFields.parseCase()
		if seen[c.ID] {
			caseFields.setError("id", render(c.ID)+" again", "each id once")
		}
		seen[c.ID] = true
		cases = append(cases, c)
	}
	return cases
}

func (f fields) parseCase() Case {
	return Case{
		ID:          f.text("id"),
		Params:      f.params(),
		Operations:  f.atLeast("operations", 1),
		Warmup:      f.atLeast("warmup", 0),
		Iterations:  f.atLeast("iterations", 1),
		MinSampleNs: f.atLeast("min_sample_ns", 0),
	}
}

func (f fields) params() map[string]any {
	values, ok := f.values["params"].(map[string]any)
	if !ok {
		f.reject("params", "an object")
	}
	paramFields := fields{path: f.path + "params.", values: values, err: f.err}
	params := make(map[string]any, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) { // sorted, so that the same request always gives the same error
		if s, ok := values[name].(string); ok {
			params[name] = s
		} else {
			params[name] = paramFields.integer(name, "an integer or a string")
		}
	}
	return params
}

// render formats a decoded value for an error message: compact JSON, keys sorted.
func render(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprintf("%v", value)
	}
	return truncate(strings.TrimSpace(text.String()))
}

// truncate shortens a long value for an error message.
func truncate(text string) string {
	const maxRunes = 60
	if utf8.RuneCountInString(text) <= maxRunes {
		return text
	}
	return string([]rune(text)[:maxRunes]) + "..."
}
