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
	var out bytes.Buffer
	code = -1
	w := &stdinWatcher{
		command: Command{Name: "test", Stderr: io.Discard, Exit: func(c int) { code = c }},
		input:   bufio.NewReader(strings.NewReader(input)),
		records: protocol.NewWriter(&out),
		stop:    func() { stopped = true },
	}
	if done {
		w.end()
	}
	w.run()
	return code, out.String(), stopped
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

func TestAnUnknownKindIsAnError(t *testing.T) {
	for input, want := range map[string]string{
		`{"kind": "pause"}`: `input: kind: found "pause", expected "stop"`,
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
