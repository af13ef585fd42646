package protocol

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

const echoLoad = `{"protocol":1,"application":"echo","address":"127.0.0.1:1","connections":64,"message_bytes":1024,"seed":7,` +
	`"connect_timeout_ns":1,"answer_timeout_ns":2,"server_pids":[12,34],"colour":"red","phases":[` +
	`{"loop":"closed","duration_ns":3,"requests":0,"warmup":true},{"loop":"closed","duration_ns":0,"requests":20},` +
	`{"loop":"open","rate_per_s":5,"duration_ns":6},` +
	`{"loop":"ladder","rate_per_s":7,"factor_percent":150,"duration_ns":8,"steps":9,"requests":2},{"loop":"drain","rate_per_s":10,"duration_ns":11}]}`

func TestParseLoadReadsEveryLoop(t *testing.T) {
	got, err := ParseLoad([]byte(echoLoad))
	want := LoadRequest{
		Application: "echo", Address: "127.0.0.1:1", Connections: 64, MessageBytes: 1024, Seed: 7,
		ConnectTimeout: 1, AnswerTimeout: 2, ServerPIDs: []int64{12, 34}, Phases: []LoadPhase{
			{Loop: "closed", DurationNs: 3, Warmup: true},
			{Loop: "closed", Requests: 20},
			{Loop: "open", RatePerS: 5, DurationNs: 6},
			{Loop: "ladder", RatePerS: 7, FactorPercent: 150, DurationNs: 8, Steps: 9, Requests: 2},
			{Loop: "drain", RatePerS: 10, DurationNs: 11},
		},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("found %+v %v\nexpected %+v", got, err, want)
	}
}

func TestParseLoadReadsHTTP(t *testing.T) {
	got, err := ParseLoad([]byte(`{"protocol":1,"application":"http","address":"a:1","connections":1,"path":"/","body":"hello",` +
		`"connect_timeout_ns":1,"answer_timeout_ns":2,"phases":[{"loop":"closed","duration_ns":3}]}`))
	if err != nil || got.Path != "/" || got.Body != "hello" {
		t.Errorf("found %+v %v", got, err)
	}
}

func TestParseLoadErrorsSayWhatWasFoundAndExpected(t *testing.T) {
	for _, test := range []struct{ old, replacement, want string }{
		{echoLoad, "", `request: not a JSON object: found nothing`},
		{`"protocol":1`, `"protocol":2`, `request: protocol: found 2, expected 1`},
		{`"echo"`, `"dns"`, `request: application: found "dns", expected one of "echo", "http"`},
		{`"echo"`, `"http"`, `request: path: found nothing, expected a string`},
		{`"echo","address"`, `"http","path":"x","body":"","address"`, `request: path: found "x", expected a path that begins with /`},
		{`"address":"127.0.0.1:1",`, ``, `request: address: found nothing, expected a string`},
		{`"connections":64`, `"connections":0`, `request: connections: found 0, expected an integer from 1 to 1000000`},
		{`"message_bytes":1024`, `"message_bytes":1.5`, `request: message_bytes: found 1.5, expected an integer from 1 to 1073741824`},
		{`"answer_timeout_ns":2`, `"answer_timeout_ns":"2"`, `request: answer_timeout_ns: found "2", expected an integer from 1 to 86400000000000`},
		{`"requests":0`, `"requests":-1`, `request: phases[0].requests: found -1, expected an integer of at least 0`},
		{`"duration_ns":3,`, ``, `request: phases[0].duration_ns: found nothing, expected an integer from 1 to 86400000000000`},
		{`"warmup":true`, `"warmup":1`, `request: phases[0].warmup: found 1, expected true or false`},
		{`"loop":"open"`, `"loop":"both"`, `request: phases[2].loop: found "both", expected one of "closed", "open", "ladder", "drain"`},
		{`"rate_per_s":5`, `"rate_per_s":0`, `request: phases[2].rate_per_s: found 0, expected an integer from 1 to 100000000`},
		{`"factor_percent":150`, `"factor_percent":100`, `request: phases[3].factor_percent: found 100, expected an integer from 101 to 10000`},
		{`"steps":9`, `"steps":0`, `request: phases[3].steps: found 0, expected an integer from 1 to 1000`},
		{`"requests":2}`, `"requests":-1}`, `request: phases[3].requests: found -1, expected an integer from 0 to 1000000000`},
		{`"server_pids":[12,34]`, `"server_pids":12`, `request: server_pids: found 12, expected a list of process ids`},
		{`"server_pids":[12,34]`, `"server_pids":[12,0]`, `request: server_pids[1]: found 0, expected an integer from 1 to 4194304`},
		{`"phases":[`, `"phases":[],"rest":[`, `request: phases: found [], expected at least one phase`},
		{`"phases":[`, `"phases":[7,`, `request: phases[0]: found 7, expected a phase`},
	} {
		_, err := ParseLoad([]byte(strings.Replace(echoLoad, test.old, test.replacement, 1)))
		if err == nil || err.Error() != test.want {
			t.Errorf("found %v\nexpected %s", err, test.want)
		}
	}
}

func TestLoadRecords(t *testing.T) {
	cpu := int64(9)
	for _, test := range []struct {
		record Record
		want   string
	}{
		{LoadConnected{64, 5}, `{"kind":"connected","connections":64,"elapsed_ns":5}`},
		{LoadMeasured{Phase: 1, Loop: "closed", ElapsedNs: 5, Requests: 6, Errors: map[string]int64{}, HDR: "HIST", CPUNs: &cpu},
			`{"kind":"phase","phase":1,"step":0,"loop":"closed","warmup":false,"rate_per_s":0,"elapsed_ns":5,"requests":6,` +
				`"unfinished":0,"unsent":0,"errors":{},"reconnects":0,"hdr":"HIST",` +
				`"cpu_ns":9,"saturated":false}`},
		{LoadMeasured{Loop: "open", RatePerS: 7, Errors: map[string]int64{"reset": 2}, HDR: "A", ServiceHDR: "B", LateHDR: "C", ServerCPUNs: &cpu},
			`{"kind":"phase","phase":0,"step":0,"loop":"open","warmup":false,"rate_per_s":7,"elapsed_ns":0,"requests":0,` +
				`"unfinished":0,"unsent":0,"errors":{"reset":2},"reconnects":0,"hdr":"A","service_hdr":"B","late_hdr":"C",` +
				`"cpu_ns":null,"server_cpu_ns":9,"saturated":false}`},
		{LoadFinished{64}, `{"kind":"finished","served":64}`},
	} {
		var out bytes.Buffer
		if err := NewWriter(&out).Write(test.record); err != nil || out.String() != test.want+"\n" {
			t.Errorf("found %s %v, expected %s", out.String(), err, test.want)
		}
	}
}
