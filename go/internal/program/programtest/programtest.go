// Package programtest runs the commands of this module in their tests.
package programtest

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"loombench/internal/program"
)

// asCommand makes the test program be the command, for what only a process of
// its own can show.
const asCommand = "LOOMBENCH_TEST_AS_COMMAND"

// Main is the TestMain of a command.
func Main(m *testing.M, main func()) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// InProcess runs a command with a standard input that stays open.
func InProcess(input string, run func(program.Program) int) (code int, stdout, stderr string) {
	read, write := io.Pipe()
	defer write.Close()
	var out, errs bytes.Buffer
	code = run(program.Program{
		Name: "test",
		In:   io.MultiReader(strings.NewReader(input), read),
		Out:  &out,
		Err:  &errs,
		Exit: func(int) {},
	})
	return code, out.String(), errs.String()
}

// Kinds returns the kinds of the records that a command wrote.
func Kinds(t *testing.T, stdout string) string {
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

// A Process is the command in a process of its own. Its output may be read when
// it has ended.
type Process struct {
	*exec.Cmd
	Input          io.WriteCloser
	Stdout, Stderr bytes.Buffer
}

// Start starts this program as the command.
func Start(t *testing.T, args ...string) *Process {
	t.Helper()
	return StartUnder(t, "true", args...)
}

// StartUnder starts it from a shell that sets limits first.
func StartUnder(t *testing.T, limits string, args ...string) *Process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell := append([]string{"-c", limits + ` && exec "$0" "$@"`, executable}, args...)
	p := &Process{Cmd: exec.CommandContext(t.Context(), "sh", shell...)}
	p.Env = append(os.Environ(), asCommand+"=1")
	p.Cmd.Stdout, p.Cmd.Stderr = &p.Stdout, &p.Stderr
	if p.Input, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Ask writes to its standard input, which stays open.
func (p *Process) Ask(t *testing.T, request string) {
	t.Helper()
	if _, err := io.WriteString(p.Input, request); err != nil {
		t.Fatal(err)
	}
}

// End waits for its end and returns its exit code.
func (p *Process) End() int {
	_ = p.Wait() // closes Input only when the process has ended
	return p.ProcessState.ExitCode()
}
