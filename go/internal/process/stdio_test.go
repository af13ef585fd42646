package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asStray makes the test program take its standard streams, and then misuse them
// as a careless implementation does.
const asStray = "LOOMBENCH_TEST_AS_STRAY"

func TestMain(m *testing.M) {
	if os.Getenv(asStray) != "" {
		if err := stray(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func stray() error {
	stdin, stdout, err := TakeStdio()
	if err != nil {
		return err
	}
	fmt.Println("stray words")
	child := exec.Command("echo", "words of a child")
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

func TestTakenStreamsAreOutOfReach(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), executable)
	command.Env = append(os.Environ(), asStray+"=1")
	command.Stdin = strings.NewReader("a request")
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if got, want := stdout.String(), `"" "a request"`; got != want {
		t.Errorf("standard output: found %s, expected %s", got, want)
	}
	if got, want := stderr.String(), "stray words\nwords of a child\n"; got != want {
		t.Errorf("standard error: found %q, expected %q", got, want)
	}
}
