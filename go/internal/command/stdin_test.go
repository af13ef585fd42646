package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"loombench/internal/protocol"
)

// watchInput runs a watcher on an input that ends. It returns the exit code (-1:
// the process was not ended), the records, and whether stop was called.
func watchInput(input string, done bool) (code int, stdout string, stopped bool) {
	w, out, exit := newWatcher(input)
	w.stop = func() { stopped = true }
	if done {
		w.end()
	}
	w.run()
	return *exit, out.String(), stopped
}

// newWatcher returns a watcher that has not started, its records and its exit code.
func newWatcher(input string) (w *stdinWatcher, out *bytes.Buffer, code *int) {
	out, code = &bytes.Buffer{}, new(int)
	*code = -1
	return &stdinWatcher{
		command: Command{Name: "test", Stderr: io.Discard, Exit: func(c int) { *code = c }},
		input:   bufio.NewReader(strings.NewReader(input)),
		records: protocol.NewWriter(out),
	}, out, code
}

func TestTheEndOfStandardInputEndsTheProcess(t *testing.T) {
	if code, stdout, _ := watchInput("", false); code != ExitCrash || stdout != "" {
		t.Errorf("found %d, %q, expected %d and no record", code, stdout, ExitCrash)
	}
}

func TestTheEndOfStandardInputAfterTheWorkIsIgnored(t *testing.T) {
	if code, _, _ := watchInput("", true); code != -1 {
		t.Errorf("found exit %d, expected none", code)
	}
}

func TestStopStopsTheWork(t *testing.T) {
	if _, stdout, stopped := watchInput(`{"kind": "stop", "colour": "red"}`+"\n", false); !stopped || stdout != "" {
		t.Errorf("found %t, %q, expected a stop and no record", stopped, stdout)
	}
}

func TestTurnsAreHandedOnUntilTheEnd(t *testing.T) {
	turns := make(chan protocol.Turn, 9)
	w, out, code := newWatcher(`{"kind": "turn"}` + "\n" + `{"kind": "turn", "processor": 3}` + "\n" + `{"kind": "end"}` + "\n")
	w.turns = turns
	w.run()
	if first, second := <-turns, <-turns; first.Processor != nil || second.Processor == nil || *second.Processor != 3 {
		t.Errorf("found processors %v, %v, expected none and 3", first.Processor, second.Processor)
	}
	n := 2
	for range turns { // ends because `end` closes it
		n++
	}
	if n != 2 || *code != ExitCrash || out.Len() > 0 {
		t.Errorf("found %d turns, exit %d, %s, expected 2, and exit %d at the end of the input", n, *code, out, ExitCrash)
	}
}

func TestAnUnknownKindIsAnErrorBetweenTurns(t *testing.T) {
	for input, want := range map[string]string{
		`{"kind": "pause"}`:                           `input: kind: found \"pause\", expected one of \"stop\", \"turn\", \"end\"`,
		`{"kind": "end"}` + "\n" + `{"kind": "turn"}`: `input: kind: found \"turn\", expected \"stop\"`,
	} {
		w, out, code := newWatcher(input + "\n")
		w.turns = make(chan protocol.Turn, 9)
		w.run()
		if *code != ExitRefused || !strings.Contains(out.String(), want) {
			t.Errorf("found %d, %s, expected %d, %s", *code, out, ExitRefused, want)
		}
	}
}

func TestAnUnknownKindIsAnError(t *testing.T) {
	for input, want := range map[string]string{
		`{"kind": "pause"}`: `input: kind: found "pause", expected "stop"`,
		`{"kind": "turn"}`:  `input: kind: found "turn", expected "stop"`,
		`{"kind": "end"}`:   `input: kind: found "end", expected "stop"`,
		`{}`:                `input: kind: found nothing, expected "stop"`,
		`stop`:              `input: kind: found nothing, expected "stop"`,
	} {
		code, stdout, stopped := watchInput(input+"\n", false)
		var record struct{ Kind, Message string }
		if err := json.Unmarshal([]byte(stdout), &record); err != nil || code != ExitRefused || stopped {
			t.Errorf("found %d, %q, %t", code, stdout, stopped)
		}
		if record.Kind != "error" || record.Message != want {
			t.Errorf("found %+v, expected %s", record, want)
		}
	}
}
