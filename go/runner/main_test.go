package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"loombench/internal/command"
	"loombench/internal/command/commandtest"
	"loombench/internal/protocol"
	"loombench/internal/registry"
)

func TestMain(m *testing.M) { commandtest.Main(m, main) }

func request(workload, model, variant, params string) string {
	return fmt.Sprintf(`{"protocol":2,"workload":%q,"model":%q,"variant":%q,"seed":7,"cases":[{"id":"check","params":%s,`+
		`"operations":1,"warmup":0,"iterations":1,"min_sample_ns":0}]}`+"\n", workload, model, variant, params)
}

// inProcess runs the runner in this process, with a standard input that stays open.
func inProcess(input string, args ...string) (code int, stdout, stderr string) {
	return commandtest.InProcess(input, func(cmd command.Command) int { return run(args, cmd) })
}

func TestDescribeListsEveryImplementationUnderEveryModel(t *testing.T) {
	code, stdout, stderr := inProcess("", "describe")
	var description protocol.Description
	if err := json.Unmarshal([]byte(stdout), &description); err != nil || code != command.ExitOK || stderr != "" {
		t.Fatalf("found %d %v %s", code, err, stderr)
	}
	if n := strings.Count(stdout, "\n"); n != 1 {
		t.Errorf("found %d lines, expected one object", n)
	}
	if description.Protocol != 2 || description.Language != "go" || "go"+description.Version != runtime.Version() {
		t.Errorf("found %+v", description)
	}
	if got, want := len(description.Implementations), 2*len(registry.All()); got != want {
		t.Errorf("found %d implementations, expected %d", got, want)
	}
	want := protocol.Implementation{Workload: "kitchen", Model: "go-1cpu", Source: "go/workloads/kitchen/kitchen.go"}
	found := slices.ContainsFunc(description.Implementations, func(i protocol.Implementation) bool {
		return reflect.DeepEqual(i, want)
	})
	if !found || !strings.Contains(stdout, `"unavailable":[]`) {
		t.Errorf("found %s\nexpected %+v and no unavailable models", stdout, want)
	}
}

func TestRunRunsARequest(t *testing.T) {
	code, stdout, stderr := inProcess(request("pingpong", "go", "", `{"rounds":10}`), "run")
	if got := commandtest.Kinds(t, stdout); code != command.ExitOK || got != "started sample outcome finished" || stderr != "" {
		t.Errorf("found %d, %s, %s", code, got, stderr)
	}
	if want := protocol.Digest([]byte("20")); !strings.Contains(stdout, want) {
		t.Errorf("found\n%s\nexpected the digest of 20, %s", stdout, want)
	}
}

func TestTheModelIsSetUpBeforeTheFactsAreRead(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	_, stdout, _ := inProcess(request("noop", "go-1cpu", "", `{}`), "run")
	if !strings.Contains(stdout, `"gomaxprocs":1`) {
		t.Errorf("found\n%s\nexpected gomaxprocs 1", stdout)
	}
}

func TestTheRunnerExitsNormallyWhenACaseFails(t *testing.T) {
	code, stdout, stderr := inProcess(request("pingpong", "go", "", `{}`), "run")
	if got := commandtest.Kinds(t, stdout); code != command.ExitOK || got != "started error finished" {
		t.Errorf("found %d, %s", code, got)
	}
	if !strings.Contains(stderr, "pingpong.go") {
		t.Errorf("standard error: found %q, expected a stack", stderr)
	}
}

// workloadNames returns the quoted names of all workloads, in order.
func workloadNames() string {
	var names []string
	for _, entry := range registry.All() {
		names = append(names, fmt.Sprintf("%q", entry.Workload))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

func TestUnknownNamesAreRefusedWithTheKnownNames(t *testing.T) {
	for _, test := range []struct{ request, want string }{
		{"\n", `request: not a JSON object: found nothing`},
		{"", `request: not a JSON object: found nothing`},
		{`{"protocol":1}` + "\n", `request: protocol: found 1, expected 2`},
		{request("noop", "threads", "", `{}`), `request: model: found "threads", expected one of "go", "go-1cpu"`},
		{request("pong", "go", "", `{}`), `request: workload: found "pong", expected one of ` + workloadNames()},
		{request("noop", "go", "fast", `{}`), `request: variant: found "fast", expected one of ""`},
	} {
		var out, errs bytes.Buffer
		code := run([]string{"run"}, command.Command{Stdin: strings.NewReader(test.request), Stdout: &out, Stderr: &errs, Exit: func(int) {}})
		var record map[string]any
		if err := json.Unmarshal(out.Bytes(), &record); err != nil || code != command.ExitRefused {
			t.Errorf("%s: found %d, %s", test.request, code, out.String())
			continue
		}
		if _, ok := record["case"]; ok || record["kind"] != "error" || record["message"] != test.want {
			t.Errorf("found %v\nexpected %s", record, test.want)
		}
		if !strings.Contains(errs.String(), test.want) {
			t.Errorf("standard error: found %q, expected %s", errs.String(), test.want)
		}
	}
}

func TestOtherArgumentsPrintTheUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"run", "now"}} {
		code, stdout, stderr := inProcess("", args...)
		if code != command.ExitRefused || stdout != "" || !strings.Contains(stderr, "usage: runner describe | run | probe") {
			t.Errorf("%q: found %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

func TestARunEndsWhileStandardInputIsOpen(t *testing.T) {
	p := commandtest.Start(t, "run")
	p.Send(t, request("noop", "go", "", `{}`))
	code := p.WaitForExit()
	if got := commandtest.Kinds(t, p.Stdout.String()); code != command.ExitOK || got != "started sample outcome finished" {
		t.Errorf("found %d %s", code, got)
	}
}

func TestTheRunnerExitsWhenStandardInputEnds(t *testing.T) {
	p := commandtest.Start(t, "run")
	// The request takes an hour; the test ends because the process exits.
	p.Send(t, request("fanout", "go", "", `{"tasks":1,"wait_ns":3600000000000}`))
	p.Input.Close()
	if code := p.WaitForExit(); code != command.ExitCrash {
		t.Errorf("found exit code %d, expected %d", code, command.ExitCrash)
	}
	if got := p.Stderr.String(); !strings.Contains(got, "the harness is gone") || strings.Contains(p.Stdout.String(), "finished") {
		t.Errorf("found %q", got)
	}
}

// inTurns is a request whose only case is sampled in turns.
func inTurns() string {
	return strings.Replace(request("pingpong", "go", "", `{"rounds":10}`), `"seed":7`, `"seed":7,"turns":true,"run_up_ns":1`, 1)
}

func TestARunInTurns(t *testing.T) {
	code, stdout, stderr := inProcess(inTurns()+strings.Repeat(`{"kind": "turn"}`+"\n", 3)+`{"kind": "end"}`+"\n", "run")
	if got := commandtest.Kinds(t, stdout); code != command.ExitOK || got != "started ready sample sample sample outcome finished" || stderr != "" {
		t.Errorf("found %d, %s, %s", code, got, stderr)
	}
}

func TestTheRunnerExitsWhenStandardInputEndsWhileItWaitsForATurn(t *testing.T) {
	stdin, input := io.Pipe()
	output, stdout := io.Pipe()
	exited := make(chan int, 1)
	go run([]string{"run"}, command.Command{Stdin: stdin, Stdout: stdout, Stderr: io.Discard, Exit: func(code int) { exited <- code }})
	if _, err := io.WriteString(input, inTurns()); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(output); lines.Scan() && !strings.Contains(lines.Text(), `"ready"`); {
	}
	input.Close()
	if code := <-exited; code != command.ExitCrash {
		t.Errorf("found exit code %d, expected %d", code, command.ExitCrash)
	}
}

func TestTheRunnerContainsNoLoadGeneratorAndTheLeanOneNoHTTP(t *testing.T) {
	for tag, foreign := range map[string][]string{
		"":     {"internal/load"},
		"lean": {"internal/load", "fasthttp", "net/http"},
	} {
		listed, err := exec.CommandContext(t.Context(), "go", "list", "-tags", tag, "-deps", ".").Output()
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.Lines(string(listed)) {
			if slices.ContainsFunc(foreign, func(part string) bool { return strings.Contains(name, part) }) {
				t.Errorf("tag %q: found %s, expected no such package", tag, strings.TrimSpace(name))
			}
		}
	}
}
