// Package command holds what the commands of this module share: standard streams,
// exit codes, error reports, and exiting when the harness dies.
package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"loombench/internal/process"
	"loombench/internal/protocol"
)

// The exit codes of the protocol.
const (
	ExitOK      = 0
	ExitCrash   = 1
	ExitRefused = 2
)

// A Command is a command's access to its process. Tests replace the fields.
type Command struct {
	Name           string // prefix of log messages
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Exit           func(code int) // ends the process while work is running
}

// New returns a command on the streams of this process.
func New(name string) Command {
	return Command{Name: name, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit}
}

// RedirectStdio makes standard input and output unreachable for all other code in
// this process; see [process.RedirectStdio].
func (c *Command) RedirectStdio() error {
	stdin, stdout, err := process.RedirectStdio()
	if err != nil {
		return err // c must not hold a nil *os.File in a non-nil interface
	}
	c.Stdin, c.Stdout = stdin, stdout
	return nil
}

// Log writes a message to standard error.
func (c *Command) Log(message ...any) {
	fmt.Fprintln(c.Stderr, append([]any{c.Name + ":"}, message...)...)
}

// Refuse reports a request that cannot be run, in the log and as the last record.
// It returns the exit code.
func (c *Command) Refuse(records *protocol.Writer, reason protocol.Reason, err error) int {
	c.Log(err)
	if err := records.WriteLast(protocol.Error{Message: err.Error(), Reason: reason}); err != nil {
		c.FailWriting(err)
	}
	return ExitRefused
}

// FailWriting reports that records cannot be written. It returns the exit code.
func (c *Command) FailWriting(err error) int {
	c.Log("writing records:", err)
	return ExitCrash
}

// ReadLine reads a request line. It returns an incomplete line as it is; the
// parser rejects it.
func ReadLine(input *bufio.Reader) ([]byte, error) {
	line, err := input.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("request: %w", err)
	}
	return line, nil
}
