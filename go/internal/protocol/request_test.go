package protocol

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const (
	goodCase    = `{"id":"check","params":{"rounds":3,"mode":"fast"},"operations":6,"warmup":0,"iterations":1,"min_sample_ns":0}`
	goodRequest = `{"protocol":1,"workload":"pingpong","model":"go","variant":"","seed":7,"cases":[` + goodCase + `]}`
)

func TestParseRequest(t *testing.T) {
	want := Request{
		Workload: "pingpong", Model: "go", Seed: 7,
		Cases: []Case{{
			ID:         "check",
			Params:     map[string]any{"rounds": int64(3), "mode": "fast"},
			Operations: 6, Iterations: 1,
		}},
	}
	for name, line := range map[string]string{
		"as documented":                  goodRequest + "\n",
		"unknown fields are ignored":     strings.Replace(goodRequest, `"seed"`, `"colour":"red","seed"`, 1),
		"variant is optional":            strings.Replace(goodRequest, `"variant":"",`, ``, 1),
		"unknown fields of cases, too":   strings.Replace(goodRequest, `"id"`, `"colour":null,"id"`, 1),
		"white space between the tokens": strings.ReplaceAll(goodRequest, `,`, " ,\t"),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseRequest([]byte(line))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("found %+v %v\nexpected %+v", got, err, want)
			}
		})
	}
}

func TestParseRequestKeepsLargeIntegers(t *testing.T) {
	line := strings.Replace(goodRequest, `"rounds":3`, `"rounds":9007199254740993`, 1)
	request, err := ParseRequest([]byte(line))
	if err != nil || request.Cases[0].Params["rounds"] != int64(9007199254740993) {
		t.Errorf("found %v %v, expected 9007199254740993", request, err)
	}
}

func TestParseRequestErrorsSayWhatWasFoundAndExpected(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{``, `request: not a JSON object: found nothing`},
		{"\n", `request: not a JSON object: found nothing`},
		{`[1, 2]`, `request: not a JSON object: found [1, 2]`},
		{`null`, `request: not a JSON object: found null`},
		{`{"protocol":1`, `request: not a JSON object: found {"protocol":1`},
		{`{} {}`, `request: not a JSON object: found {} {}`},
		{`{}]`, `request: not a JSON object: found {}]`},
		{strings.Repeat("x", 70), `request: not a JSON object: found ` + strings.Repeat("x", 60) + `...`},

		{`{}`, `request: protocol: found nothing, expected 1`},
		{changed(t, `"protocol":1`, `"protocol":2`), `request: protocol: found 2, expected 1`},
		{changed(t, `"protocol":1`, `"protocol":"1"`), `request: protocol: found "1", expected 1`},
		{changed(t, `"protocol":1`, `"protocol":1.0`), `request: protocol: found 1.0, expected 1`},
		{`{"protocol":2,"workload":3}`, `request: protocol: found 2, expected 1`},

		{changed(t, `"workload":"pingpong",`, ``), `request: workload: found nothing, expected a string`},
		{changed(t, `"workload":"pingpong"`, `"workload":null`), `request: workload: found null, expected a string`},
		{changed(t, `"model":"go"`, `"model":["<go>"]`), `request: model: found ["<go>"], expected a string`},
		{changed(t, `"variant":""`, `"variant":null`), `request: variant: found null, expected a string`},
		{changed(t, `"seed":7`, `"seed":"7"`), `request: seed: found "7", expected an integer of at least 0`},

		{changed(t, `"cases":[`+goodCase+`]`, `"cases":[]`), `request: cases: found [], expected at least one case`},
		{changed(t, `"cases":[`+goodCase+`]`, `"cases":{}`), `request: cases: found {}, expected at least one case`},
		{changed(t, `,"cases":[`+goodCase+`]`, ``), `request: cases: found nothing, expected at least one case`},
	} {
		checkRequestError(t, test.line, test.want)
	}
}

func TestParseRequestErrorsInCasesNameTheCase(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{goodCase, `3`, `request: cases[0]: found 3, expected a case`},
		{goodCase, goodCase + `,[]`, `request: cases[1]: found [], expected a case`},
		{goodCase, goodCase + `,` + goodCase, `request: cases[1].id: found "check" again, expected each id once`},
		{`"id":"check"`, `"id":1`, `request: cases[0].id: found 1, expected a string`},
		{`{"rounds":3,"mode":"fast"}`, `[]`, `request: cases[0].params: found [], expected an object`},
		{`"rounds":3`, `"rounds":3.5`, `request: cases[0].params.rounds: found 3.5, expected an integer or a string`},
		{`"rounds":3`, `"rounds":true`, `request: cases[0].params.rounds: found true, expected an integer or a string`},
		{`"rounds":3`, `"b":1.5,"a":null`, `request: cases[0].params.a: found null, expected an integer or a string`},
		{`"rounds":3`, `"rounds":9223372036854775808`, `request: cases[0].params.rounds: found 9223372036854775808, expected an integer of at most 64 bits`},
		{`"operations":6`, `"operations":0`, `request: cases[0].operations: found 0, expected an integer of at least 1`},
		{`"operations":6,`, ``, `request: cases[0].operations: found nothing, expected an integer of at least 1`},
		{`"warmup":0`, `"warmup":-1`, `request: cases[0].warmup: found -1, expected an integer of at least 0`},
		{`"iterations":1`, `"iterations":0`, `request: cases[0].iterations: found 0, expected an integer of at least 1`},
		{`"iterations":1`, `"iterations":1e3`, `request: cases[0].iterations: found 1e3, expected an integer of at least 1`},
		{`"min_sample_ns":0`, `"min_sample_ns":false`, `request: cases[0].min_sample_ns: found false, expected an integer of at least 0`},
	} {
		checkRequestError(t, changed(t, test.old, test.new), test.want)
	}
}

// changed returns the good request with one change.
func changed(t *testing.T, old, new string) string {
	t.Helper()
	if !strings.Contains(goodRequest, old) {
		t.Fatalf("%s: not in the good request", old)
	}
	return strings.Replace(goodRequest, old, new, 1)
}

func checkRequestError(t *testing.T, line, want string) {
	t.Helper()
	_, err := ParseRequest([]byte(line))
	if fmt.Sprint(err) != want {
		t.Errorf("%s\nfound    %v\nexpected %s", line, err, want)
	}
}

func TestParseRequestRejectsInvalidUTF8(t *testing.T) {
	line := strings.Replace(goodRequest, "fast", "\xff", 1)
	if _, err := ParseRequest([]byte(line)); err == nil || !strings.Contains(err.Error(), "not a JSON object") {
		t.Errorf("found %v, expected an error", err)
	}
}
