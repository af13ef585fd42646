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

// A Request asks for one trial: one implementation, some cases.
type Request struct {
	Workload string
	Model    string
	Variant  string // "" is the plain implementation
	Seed     int64
	Trace    bool // emit `event` records
	Cases    []Case
}

// A Case is a workload with all its parameters fixed, and how to sample it.
type Case struct {
	ID          string
	Params      map[string]any // int64 or string
	Operations  int64          // operations that one call makes, at least 1
	Warmup      int64          // samples that do not count, at least 0
	Iterations  int64          // samples that count, at least 1
	MinSampleNs int64          // 0: one call is one sample
}

// ParseRequest decodes and checks a request line. The first thing that is wrong
// is the error, as "request: KEY: found X, expected Y". Unknown fields are
// ignored; `seed`, `trace` and `variant` may be left out.
//
// The fields are checked by hand, because the errors of encoding/json name Go
// types and stop short of saying what was found.
func ParseRequest(line []byte) (Request, error) {
	values, err := parseObject(line)
	if err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	r := fields{values: values, err: new(error)}
	r.version()
	request := Request{
		Workload: r.text("workload"),
		Model:    r.text("model"),
	}
	if r.has("variant") {
		request.Variant = r.text("variant")
	}
	if r.has("seed") {
		request.Seed = r.atLeast("seed", 0)
	}
	if r.has("trace") {
		request.Trace = r.boolean("trace")
	}
	request.Cases = r.cases()
	if *r.err != nil {
		return Request{}, *r.err
	}
	return request, nil
}

func parseObject(line []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // a float64 would round large integers, and hide that 1.0 is no integer
	var value any
	err := decoder.Decode(&value)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	object, ok := value.(map[string]any)
	if err != nil || !ok || !utf8.Valid(line) {
		found := cut(strings.TrimSpace(string(line)))
		if found == "" {
			found = "nothing"
		}
		return nil, fmt.Errorf("not a JSON object: found %s", found)
	}
	return object, nil
}

// fields reads the fields of one JSON object. The first refusal sticks, and what
// is read after it means nothing.
type fields struct {
	path   string // "" for the request itself, "cases[0]." within
	values map[string]any
	err    *error
}

func (f fields) has(key string) bool {
	_, ok := f.values[key]
	return ok
}

// version refuses another major version of the protocol.
func (f fields) version() {
	if f.values["protocol"] != json.Number(strconv.Itoa(Version)) {
		f.refuse("protocol", strconv.Itoa(Version))
	}
}

func (f fields) refuse(key, expected string) {
	found := "nothing"
	if value, ok := f.values[key]; ok {
		found = render(value)
	}
	f.fail(key, found, expected)
}

func (f fields) fail(key, found, expected string) {
	if *f.err == nil {
		*f.err = fmt.Errorf("request: %s%s: found %s, expected %s", f.path, key, found, expected)
	}
}

func (f fields) text(key string) string {
	s, ok := f.values[key].(string)
	if !ok {
		f.refuse(key, "a string")
	}
	return s
}

func (f fields) boolean(key string) bool {
	b, ok := f.values[key].(bool)
	if !ok {
		f.refuse(key, "true or false")
	}
	return b
}

func (f fields) integer(key, expected string) int64 {
	number, ok := f.values[key].(json.Number)
	if !ok || strings.ContainsAny(string(number), ".eE") {
		f.refuse(key, expected)
		return 0
	}
	n, err := number.Int64()
	if err != nil {
		f.refuse(key, "an integer of at most 64 bits")
	}
	return n
}

func (f fields) atLeast(key string, least int64) int64 {
	expected := fmt.Sprintf("an integer of at least %d", least)
	n := f.integer(key, expected)
	if n < least {
		f.refuse(key, expected)
	}
	return n
}

func (f fields) cases() []Case {
	list, _ := f.values["cases"].([]any)
	if len(list) == 0 {
		f.refuse("cases", "at least one case")
	}
	var cases []Case
	seen := make(map[string]bool)
	for i, element := range list {
		key := fmt.Sprintf("cases[%d]", i)
		values, ok := element.(map[string]any)
		if !ok {
			f.fail(key, render(element), "a case")
		}
		within := fields{path: key + ".", values: values, err: f.err}
		c := within.oneCase()
		if seen[c.ID] {
			within.fail("id", render(c.ID)+" again", "each id once")
		}
		seen[c.ID] = true
		cases = append(cases, c)
	}
	return cases
}

func (f fields) oneCase() Case {
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
		f.refuse("params", "an object")
	}
	within := fields{path: f.path + "params.", values: values, err: f.err}
	params := make(map[string]any, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) { // sorted: the same error every time
		if s, ok := values[name].(string); ok {
			params[name] = s
		} else {
			params[name] = within.integer(name, "an integer or a string")
		}
	}
	return params
}

// render writes a decoded value for an error: compact JSON, keys sorted.
func render(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprintf("%v", value)
	}
	return cut(strings.TrimSpace(text.String()))
}

// cut keeps an error readable when what was found is long.
func cut(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "..."
}
