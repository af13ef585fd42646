package program

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"loombench/internal/protocol"
)

// watched runs a watch over an input that ends, and returns how it ended the
// process (-1: not at all), what it wrote and whether it asked the work to stop.
func watched(input string, over bool) (code int, stdout string, stopped bool) {
	var out bytes.Buffer
	code = -1
	w := &watch{
		input:   bufio.NewReader(strings.NewReader(input)),
		records: protocol.NewWriter(&out),
		program: Program{Name: "test", Err: io.Discard, Exit: func(c int) { code = c }},
		stop:    func() { stopped = true },
	}
	if over {
		w.end()
	}
	w.run()
	return code, out.String(), stopped
}

func TestTheEndOfStandardInputEndsTheProcess(t *testing.T) {
	if code, stdout, _ := watched("", false); code != Crash || stdout != "" {
		t.Errorf("found %d, %q, expected %d and nothing", code, stdout, Crash)
	}
}

func TestTheEndOfStandardInputAfterTheWorkIsFine(t *testing.T) {
	if code, _, _ := watched("", true); code != -1 {
		t.Errorf("found exit %d, expected none", code)
	}
}

func TestStopStopsTheWork(t *testing.T) {
	if _, stdout, stopped := watched(`{"kind": "stop", "colour": "red"}`+"\n", false); !stopped || stdout != "" {
		t.Errorf("found %t, %q, expected to stop and write nothing", stopped, stdout)
	}
}

func TestAnUnknownKindIsAnError(t *testing.T) {
	for input, want := range map[string]string{
		`{"kind": "pause"}`: `input: kind: found "pause", expected "stop"`,
		`{}`:                `input: kind: found nothing, expected "stop"`,
		`stop`:              `input: kind: found nothing, expected "stop"`,
	} {
		code, stdout, stopped := watched(input+"\n", false)
		var record struct{ Kind, Message string }
		if err := json.Unmarshal([]byte(stdout), &record); err != nil || code != Refused || stopped {
			t.Errorf("found %d, %q, %t", code, stdout, stopped)
		}
		if record.Kind != "error" || record.Message != want {
			t.Errorf("found %+v, expected %s", record, want)
		}
	}
}
