package protocol

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The tests of the harness and of every runner share the transcripts. "> " marks a
// line to the runner, "< " a line from it, "# " a comment. In a malformed
// transcript, "# error: TEXT" precedes a line that must be rejected with an error
// that contains TEXT.
const transcripts = "../../../tests/data/protocol"

func TestGoodTranscripts(t *testing.T) {
	eachLine(t, "good", func(t *testing.T, file, _, direction, line string) {
		switch direction {
		case ">":
			if isMessage(line) {
				return // `stop` is not a request; the runner's tests send it
			}
			if _, err := ParseRequest([]byte(line)); err != nil {
				t.Errorf("%s\nfound %v, expected no error", line, err)
			}
		case "<":
			encoded, err := recode([]byte(line))
			if err != nil {
				t.Errorf("%s\nfound %v, expected no error", line, err)
			} else if encoded != nil && !strings.HasPrefix(file, "extra_") && !sameMeaning(t, []byte(line), encoded) {
				t.Errorf("found\n%s\nexpected the meaning of\n%s", encoded, line)
			}
		}
	})
}

func TestMalformedTranscripts(t *testing.T) {
	eachLine(t, "malformed", func(t *testing.T, _, expected, direction, line string) {
		if direction != ">" || expected == "" {
			return // the harness checks what runners write
		}
		if _, err := ParseRequest([]byte(line)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s\nfound %v, expected an error with %q", line, err, expected)
		}
	})
}

// eachLine calls check for each line of every transcript in a folder, with the
// error that the transcript expects for it, or "".
func eachLine(t *testing.T, folder string, check func(t *testing.T, file, expected, direction, line string)) {
	files, err := filepath.Glob(filepath.Join(transcripts, folder, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s/%s: found no transcripts (%v)", transcripts, folder, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			expected := ""
			for i, line := range strings.Split(string(text), "\n") {
				if line == "" {
					continue
				}
				direction, rest, _ := strings.Cut(line, " ")
				switch direction {
				case "#":
					if text, ok := strings.CutPrefix(rest, "error: "); ok {
						expected = text
					}
				case ">", "<":
					check(t, filepath.Base(name), expected, direction, rest)
					expected = ""
				default:
					t.Errorf("line %d: found %q, expected \"> \", \"< \" or \"# \"", i+1, line)
				}
			}
		})
	}
}

func isMessage(line string) bool {
	var fields map[string]any
	return json.Unmarshal([]byte(line), &fields) == nil && fields["kind"] != nil
}

// recode decodes a record into its struct and encodes it again. It returns nil for
// a description, which has no kind.
func recode(line []byte) ([]byte, error) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	if head.Kind == "" {
		return nil, nil
	}
	for _, record := range []Record{
		&Started{}, &Sample{}, &Outcome{}, &Error{}, &Finished{}, &Latency{}, &Footprint{}, &Listening{},
	} {
		if record.kind() == head.Kind {
			if err := json.Unmarshal(line, record); err != nil {
				return nil, err
			}
			return encode(record)
		}
	}
	return nil, fmt.Errorf("kind: found %q, expected one of the protocol", head.Kind)
}

func sameMeaning(t *testing.T, a, b []byte) bool {
	return reflect.DeepEqual(meaning(t, a), meaning(t, b))
}

// meaning decodes a record without its null fields: null and absent mean the same.
func meaning(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	return fields
}
