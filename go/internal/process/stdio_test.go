package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// misuseStdio makes the test binary redirect its standard streams and then use
// them like a careless implementation.
const misuseStdio = "LOOMBENCH_TEST_MISUSE_STDIO"

func TestMain(m *testing.M) {
	if os.Getenv(misuseStdio) != "" {
		if err := useStdioAfterRedirect(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func useStdioAfterRedirect() error {
	stdin, stdout, err := RedirectStdio()
	if err != nil {
		return err
	}
	fmt.Println("stray output")
	child := exec.Command("echo", "output of a child")
	child.Stdin, child.Stdout = os.Stdin, os.Stdout
	if err := child.Run(); err != nil {
		return err
	}
	empty, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	request, err := io.ReadAll(stdin)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%q %q", empty, request)
	return err
}

func TestRedirectedStreamsCannotBeReached(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), executable)
	command.Env = append(os.Environ(), misuseStdio+"=1")
	command.Stdin = strings.NewReader("a request")
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if got, want := stdout.String(), `"" "a request"`; got != want {
		t.Errorf("standard output: found %s, expected %s", got, want)
	}
	if got, want := stderr.String(), "stray output\noutput of a child\n"; got != want {
		t.Errorf("standard error: found %q, expected %q", got, want)
	}
}
