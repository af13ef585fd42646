// Package program is what the commands of this module have in common: their
// streams, their exit codes, and that they end with the harness.
package program

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
	Fine    = 0
	Crash   = 1
	Refused = 2
)

// A Program is what a command touches of its process.
type Program struct {
	Name     string // in front of messages to people
	In       io.Reader
	Out, Err io.Writer
	Exit     func(code int) // ends the process while work is in progress
}

// New returns the program that this process is.
func New(name string) Program {
	return Program{Name: name, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Exit: os.Exit}
}

// TakeStreams moves standard input and output out of the reach of everything
// else in this process; see [process.TakeStdio].
func (p *Program) TakeStreams() error {
	in, out, err := process.TakeStdio()
	if err != nil {
		return err // and no nil *os.File in a non-nil interface
	}
	p.In, p.Out = in, out
	return nil
}

// Say writes a message to people.
func (p *Program) Say(message ...any) {
	fmt.Fprintln(p.Err, append([]any{p.Name + ":"}, message...)...)
}

// Refuse ends what did not begin, with one record; it returns the exit code.
func (p *Program) Refuse(records *protocol.Writer, reason protocol.Reason, err error) int {
	p.Say(err)
	if err := records.WriteLast(protocol.Error{Message: err.Error(), Reason: reason}); err != nil {
		p.CannotWrite(err)
	}
	return Refused
}

// CannotWrite says why there are no more records; it returns the exit code.
func (p *Program) CannotWrite(err error) int {
	p.Say("writing records:", err)
	return Crash
}

// ReadLine reads the line of a request. One without an end is for the parser to
// refuse.
func ReadLine(input *bufio.Reader) ([]byte, error) {
	line, err := input.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("request: %w", err)
	}
	return line, nil
}
