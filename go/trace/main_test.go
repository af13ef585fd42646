package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"loombench/internal/command"
	"loombench/internal/command/commandtest"
)

func traceRequest(program, model string, traced bool) string {
	return fmt.Sprintf(`{"protocol":1,"program":%q,"model":%q,"traced":%t,`+
		`"params":{"steps":2,"loops":10,"wait_ns":1000}}`+"\n", program, model, traced)
}

// states returns the kinds of the events of each lane, by its name.
func states(t *testing.T, stdout string) map[string]string {
	t.Helper()
	names, kinds := map[float64]string{}, map[string]string{}
	for line := range strings.Lines(stdout) {
		var message struct{ Events [][]any }
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatal(err)
		}
		for _, e := range message.Events {
			lane, kind := e[2].(float64), e[1].(string)
			if kind == "created" {
				names[lane] = e[4].(string)
			}
			kinds[names[lane]] += kind + " "
		}
	}
	return kinds
}

func TestEveryGoroutineOfTheProgramHasALane(t *testing.T) {
	code, stdout, stderr := commandtest.InProcess(traceRequest("threetasks", "go", true), run)
	if code != command.ExitOK || stderr != "" {
		t.Fatalf("found %d, %s", code, stderr)
	}
	found := states(t, stdout)
	if len(found) != 4 {
		t.Errorf("found %v, expected main, A, B and C", found)
	}
	for _, name := range []string{"A", "B", "C"} {
		kinds := found[name]
		if !strings.HasPrefix(kinds, "created ready runs ") || !strings.HasSuffix(kinds, "runs done ") || strings.Count(kinds, "waits ready ") < 2 {
			t.Errorf("%s: found %s, expected that it waits twice", name, kinds)
		}
	}
	if !strings.Contains(stdout, `"answer":6`) {
		t.Errorf("found %s, expected the answer 6", stdout)
	}
}

func TestAnUntracedRunHasNoEvents(t *testing.T) {
	code, stdout, _ := commandtest.InProcess(traceRequest("threetasks", "go", false), run)
	if kinds := commandtest.Kinds(t, stdout); code != command.ExitOK || kinds != "ended" {
		t.Errorf("found %d, %s", code, kinds)
	}
}

func TestWhatThereIsNotIsRefused(t *testing.T) {
	for request, want := range map[string]string{
		traceRequest("fourtasks", "go", true):    "no program",
		traceRequest("threetasks", "rust", true): "no model",
		`{"protocol":9}` + "\n":                  "found 9, expected 1",
		"nonsense\n":                             "request: invalid character",
	} {
		code, stdout, _ := commandtest.InProcess(request, run)
		if code != command.ExitRefused || !strings.Contains(stdout, want) {
			t.Errorf("%s: found %d, %s, expected %s", request, code, stdout, want)
		}
	}
}
