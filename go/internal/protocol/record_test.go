package protocol

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestARecordIsALineThatStartsWithItsKind(t *testing.T) {
	name, cpu, virtual := "check", int64(5), int64(8192)
	for _, test := range []struct {
		record Record
		want   string
	}{
		{Started{Version, map[string]any{"gomaxprocs": 2}}, `{"kind":"started","protocol":2,"facts":{"gomaxprocs":2}}`},
		{Sample{"check", 2, true, 10, 6, &cpu}, `{"kind":"sample","case":"check","iteration":2,"warmup":true,"elapsed_ns":10,"operations":6,"cpu_ns":5}`},
		{Sample{"check", 0, false, 10, 6, nil}, `{"kind":"sample","case":"check","iteration":0,"warmup":false,"elapsed_ns":10,"operations":6,"cpu_ns":null}`},
		{Ready{"check"}, `{"kind":"ready","case":"check"}`},
		{Outcome{"check", "ab", `"x"`, map[string]int64{"in flight": 3}}, `{"kind":"outcome","case":"check","digest":"ab","value":"\"x\"","observed":{"in flight":3}}`},
		{Error{"no", &name, Crash}, `{"kind":"error","message":"no","case":"check","reason":"crash"}`},
		{Error{"no", nil, Unsupported}, `{"kind":"error","message":"no","reason":"unsupported"}`},
		{Finished{map[string]int64{"user_ns": 1}}, `{"kind":"finished","usage":{"user_ns":1}}`},
		{Latency{"check", "HIST", ""}, `{"kind":"latency","case":"check","hdr":"HIST"}`},
		{Latency{"check", "HIST", "EARLY"}, `{"kind":"latency","case":"check","hdr":"HIST","early_hdr":"EARLY"}`},
		{Footprint{"check", 10, 4096, &virtual, nil}, `{"kind":"footprint","case":"check","tasks":10,"bytes":4096,"virtual_bytes":8192,"kernel_bytes":null}`},
		{Footprint{"check", 10, 4096, nil, &virtual}, `{"kind":"footprint","case":"check","tasks":10,"bytes":4096,"virtual_bytes":null,"kernel_bytes":8192}`},
		{Listening{8080}, `{"kind":"listening","port":8080}`},
	} {
		var out bytes.Buffer
		if err := NewWriter(&out).Write(test.record); err != nil || out.String() != test.want+"\n" {
			t.Errorf("found %s %v, expected %s", out.String(), err, test.want)
		}
	}
}

func TestNothingIsWrittenAfterTheLastRecord(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	if err := w.WriteLast(Listening{1}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Listening{2}); !errors.Is(err, ErrClosed) {
		t.Errorf("found %v, expected ErrClosed", err)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("found %d lines, expected 1", n)
	}
}

func TestEveryWriteFailsAfterTheFirstError(t *testing.T) {
	out := &failingOnce{}
	w := NewWriter(out)
	first := w.Write(Listening{1})
	if second := w.Write(Listening{2}); first == nil || !errors.Is(second, first) {
		t.Errorf("found %v, then %v, expected the same error twice", first, second)
	}
}

type failingOnce struct{ failed bool }

func (f *failingOnce) Write(p []byte) (int, error) {
	if !f.failed {
		f.failed = true
		return 0, errors.New("pipe")
	}
	return len(p), nil
}
