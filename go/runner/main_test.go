package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"loombench/internal/protocol"
	"loombench/internal/registry"
)

// asRunner makes the test program be the runner, for what only a process of its
// own can show.
const asRunner = "LOOMBENCH_TEST_AS_RUNNER"

func TestMain(m *testing.M) {
	if os.Getenv(asRunner) != "" {
		main()
	}
	os.Exit(m.Run())
}

func request(workload, model, variant, params string) string {
	return fmt.Sprintf(`{"protocol":1,"workload":%q,"model":%q,"variant":%q,"seed":7,"cases":[{"id":"check","params":%s,`+
		`"operations":1,"warmup":0,"iterations":1,"min_sample_ns":0}]}`+"\n", workload, model, variant, params)
}

// inProcess runs the runner with a standard input that stays open.
func inProcess(t *testing.T, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	read, write := io.Pipe()
	defer write.Close()
	var out, errs bytes.Buffer
	code = run(args, stdio{
		in:   io.MultiReader(strings.NewReader(input), read),
		out:  &out,
		err:  &errs,
		exit: func(int) {},
	})
	return code, out.String(), errs.String()
}

func kinds(t *testing.T, stdout string) string {
	t.Helper()
	var names []string
	for line := range strings.Lines(stdout) {
		var record struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		names = append(names, record.Kind)
	}
	return strings.Join(names, " ")
}

func TestDescribeNamesEveryImplementationUnderEveryModel(t *testing.T) {
	code, stdout, stderr := inProcess(t, "", "describe")
	var description protocol.Description
	if err := json.Unmarshal([]byte(stdout), &description); err != nil || code != exitFine || stderr != "" {
		t.Fatalf("found %d %v %s", code, err, stderr)
	}
	if n := strings.Count(stdout, "\n"); n != 1 {
		t.Errorf("found %d lines, expected one object", n)
	}
	if description.Protocol != 1 || description.Language != "go" || "go"+description.Version != runtime.Version() {
		t.Errorf("found %+v", description)
	}
	if got, want := len(description.Implementations), 2*len(registry.All()); got != want {
		t.Errorf("found %d implementations, expected %d", got, want)
	}
	want := protocol.Implementation{Workload: "kitchen", Model: "go-1cpu", Source: "go/workloads/kitchen/kitchen.go"}
	found := false
	for _, it := range description.Implementations {
		found = found || it == want
	}
	if !found || !strings.Contains(stdout, `"unavailable":[]`) {
		t.Errorf("found %s\nexpected %+v and an empty list of what is unavailable", stdout, want)
	}
}

func TestRunAnswersARequest(t *testing.T) {
	code, stdout, stderr := inProcess(t, request("pingpong", "go", "", `{"rounds":10}`), "run")
	if got := kinds(t, stdout); code != exitFine || got != "started sample outcome finished" || stderr != "" {
		t.Errorf("found %d, %s, %s", code, got, stderr)
	}
	if want := protocol.Digest([]byte("20")); !strings.Contains(stdout, want) {
		t.Errorf("found\n%s\nexpected the digest of 20, %s", stdout, want)
	}
}

func TestTheModelIsSetUpBeforeTheFactsAreTold(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	_, stdout, _ := inProcess(t, request("noop", "go-1cpu", "", `{}`), "run")
	if !strings.Contains(stdout, `"gomaxprocs":1`) {
		t.Errorf("found\n%s\nexpected gomaxprocs 1", stdout)
	}
}

func TestACaseThatFailsIsNoFailureOfTheRunner(t *testing.T) {
	code, stdout, stderr := inProcess(t, request("pingpong", "go", "", `{}`), "run")
	if got := kinds(t, stdout); code != exitFine || got != "started error finished" {
		t.Errorf("found %d, %s", code, got)
	}
	if !strings.Contains(stderr, "pingpong.go") {
		t.Errorf("standard error: found %q, expected a stack", stderr)
	}
}

func TestWhatIsNotKnownIsRefusedWithWhatIs(t *testing.T) {
	for _, test := range []struct{ request, want string }{
		{"\n", `request: not a JSON object: found nothing`},
		{"", `request: not a JSON object: found nothing`},
		{`{"protocol":2}` + "\n", `request: protocol: found 2, expected 1`},
		{request("noop", "threads", "", `{}`), `request: model: found "threads", expected one of "go", "go-1cpu"`},
		{request("pong", "go", "", `{}`), `request: workload: found "pong", expected one of "fanout", "kitchen", "noop", "pingpong", "sumsquares"`},
		{request("noop", "go", "fast", `{}`), `request: variant: found "fast", expected one of ""`},
	} {
		var out, errs bytes.Buffer
		code := run([]string{"run"}, stdio{in: strings.NewReader(test.request), out: &out, err: &errs, exit: func(int) {}})
		var record map[string]any
		if err := json.Unmarshal(out.Bytes(), &record); err != nil || code != exitRefused {
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

func TestOtherArgumentsAreAMistakeOfUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"run", "now"}} {
		code, stdout, stderr := inProcess(t, "", args...)
		if code != exitRefused || stdout != "" || !strings.Contains(stderr, "usage: runner describe | run | load") {
			t.Errorf("%q: found %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// watched runs a watch over an input that ends, and returns how it ended the
// process (-1: not at all), what it wrote and whether it asked the work to stop.
func watched(input string, over bool) (code int, stdout string, stopped bool) {
	var out bytes.Buffer
	code = -1
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	std := stdio{err: io.Discard, exit: func(c int) { code = c }}
	w := newWatch(bufio.NewReader(strings.NewReader(input)), protocol.NewWriter(&out), std, stop)
	if over {
		w.end()
	}
	w.run()
	return code, out.String(), ctx.Err() != nil
}

func TestTheEndOfStandardInputEndsTheProcess(t *testing.T) {
	if code, stdout, _ := watched("", false); code != exitCrash || stdout != "" {
		t.Errorf("found %d, %q, expected %d and nothing", code, stdout, exitCrash)
	}
}

func TestTheEndOfStandardInputAfterTheWorkIsFine(t *testing.T) {
	if code, _, _ := watched("", true); code != -1 {
		t.Errorf("found exit %d, expected none", code)
	}
}

func TestStopEndsTheContextOfTheWork(t *testing.T) {
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
		if err := json.Unmarshal([]byte(stdout), &record); err != nil || code != exitRefused || stopped {
			t.Errorf("found %d, %q, %t", code, stdout, stopped)
		}
		if record.Kind != "error" || record.Message != want {
			t.Errorf("found %+v, expected %s", record, want)
		}
	}
}

// inItsOwnProcess starts this program as the runner.
func inItsOwnProcess(t *testing.T, args ...string) (command *exec.Cmd, stdin io.WriteCloser, stdout, stderr *bytes.Buffer) {
	t.Helper()
	return underLimits(t, "true", args...)
}

// underLimits starts it from a shell that sets limits first.
func underLimits(t *testing.T, limits string, args ...string) (command *exec.Cmd, stdin io.WriteCloser, stdout, stderr *bytes.Buffer) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell := append([]string{"-c", limits + ` && exec "$0" "$@"`, executable}, args...)
	command = exec.CommandContext(t.Context(), "sh", shell...)
	command.Env = append(os.Environ(), asRunner+"=1")
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	command.Stdout, command.Stderr = stdout, stderr
	if stdin, err = command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, stdin, stdout, stderr
}

func TestAProcessAnswersWhileStandardInputIsOpen(t *testing.T) {
	command, stdin, stdout, _ := inItsOwnProcess(t, "run")
	if _, err := io.WriteString(stdin, request("noop", "go", "", `{}`)); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil { // closes stdin only when the process has ended
		t.Error(err)
	}
	if got := kinds(t, stdout.String()); got != "started sample outcome finished" {
		t.Errorf("found %s", got)
	}
}

func TestAProcessEndsWithItsStandardInput(t *testing.T) {
	command, stdin, stdout, stderr := inItsOwnProcess(t, "run")
	// An hour of work: the test ends because the process does.
	if _, err := io.WriteString(stdin, request("fanout", "go", "", `{"tasks":1,"wait_ns":3600000000000}`)); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != exitCrash {
		t.Errorf("found exit code %d, expected %d", code, exitCrash)
	}
	if got := stderr.String(); !strings.Contains(got, "the harness is gone") || strings.Contains(stdout.String(), "finished") {
		t.Errorf("found %q", got)
	}
}
