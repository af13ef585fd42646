// Package commandtest runs the commands of this module in tests.
package commandtest

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"loombench/internal/command"
)

// runAsCommand makes the test binary run the command itself, for tests that need
// a separate process.
const runAsCommand = "LOOMBENCH_TEST_RUN_AS_COMMAND"

// Main is the TestMain of a command.
func Main(m *testing.M, main func()) {
	if os.Getenv(runAsCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// InProcess runs a command with a standard input that stays open.
func InProcess(input string, run func(command.Command) int) (code int, stdout, stderr string) {
	read, write := io.Pipe()
	defer write.Close()
	var out, errs bytes.Buffer
	code = run(command.Command{
		Name:   "test",
		Stdin:  io.MultiReader(strings.NewReader(input), read),
		Stdout: &out,
		Stderr: &errs,
		Exit:   func(int) {},
	})
	return code, out.String(), errs.String()
}

// Kinds returns the kinds of the records in stdout, separated by spaces.
func Kinds(t *testing.T, stdout string) string {
	t.Helper()
	var kinds []string
	for line := range strings.Lines(stdout) {
		var record struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		kinds = append(kinds, record.Kind)
	}
	return strings.Join(kinds, " ")
}

// A Process is the command in a separate process. Read its output after it has
// exited.
type Process struct {
	*exec.Cmd
	Input          io.WriteCloser
	Stdout, Stderr bytes.Buffer
}

// Start starts the command in a separate process.
func Start(t *testing.T, args ...string) *Process {
	t.Helper()
	return StartUnder(t, "true", args...)
}

// StartUnder starts the command from a shell that runs limits first.
func StartUnder(t *testing.T, limits string, args ...string) *Process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell := append([]string{"-c", limits + ` && exec "$0" "$@"`, executable}, args...)
	p := &Process{Cmd: exec.CommandContext(t.Context(), "sh", shell...)}
	p.Env = append(os.Environ(), runAsCommand+"=1")
	p.Cmd.Stdout, p.Cmd.Stderr = &p.Stdout, &p.Stderr
	if p.Input, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Send writes a request to standard input, which stays open.
func (p *Process) Send(t *testing.T, request string) {
	t.Helper()
	if _, err := io.WriteString(p.Input, request); err != nil {
		t.Fatal(err)
	}
}

// WaitForExit waits until the process has exited and returns its exit code.
func (p *Process) WaitForExit() int {
	_ = p.Wait() // closes Input only after the process has exited
	return p.ProcessState.ExitCode()
}
