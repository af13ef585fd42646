// Command runner speaks the runner protocol for Go: `runner describe` says what
// there is, `runner run` answers one request. docs/protocol.md is the contract.
// `runner load` is the load generator for servers in any language; docs/load.md.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/protocol"
	"loombench/internal/session"
)

// The exit codes of the protocol.
const (
	exitFine    = 0
	exitCrash   = 1
	exitRefused = 2
)

const usage = `usage: runner describe | run | load
  describe  print what this runner can run, as one JSON object
  run       read one request from standard input and answer with records
  load      read one request from standard input, load a server, answer with records
`

func main() {
	std := stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr, exit: os.Exit}
	if len(os.Args) == 2 && (os.Args[1] == "run" || os.Args[1] == "load") {
		var err error
		if std.in, std.out, err = takeStdio(); err != nil {
			fmt.Fprintln(os.Stderr, "runner:", err)
			os.Exit(exitCrash)
		}
	}
	os.Exit(run(os.Args[1:], std))
}

// stdio is what a run of the runner touches of the process.
type stdio struct {
	in       io.Reader
	out, err io.Writer
	exit     func(code int) // ends the process while work is in progress
}

// takeStdio avoids the trap of a nil *os.File in a non-nil interface.
func takeStdio() (io.Reader, io.Writer, error) {
	in, out, err := process.TakeStdio()
	return in, out, err
}

// run is the whole program but for the end of the process; it returns the exit
// code.
func run(args []string, std stdio) int {
	if len(args) == 1 {
		switch args[0] {
		case "describe":
			return describe(std)
		case "run":
			return answer(std)
		case "load":
			return makeLoad(std)
		}
	}
	fmt.Fprintf(std.err, "runner: found arguments %q, expected describe, run or load\n%s", args, usage)
	return exitRefused
}

// answer runs the trial of one request.
func answer(std stdio) int {
	records := protocol.NewWriter(std.out)
	input := bufio.NewReader(std.in)
	trial, err := readTrial(input)
	if err != nil {
		return refuse(records, std, protocol.Unsupported, err)
	}
	trial.model.Boot()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	watch := newWatch(input, records, std, stop)
	go watch.run()
	defer watch.end()

	began := time.Now()
	s := session.Session{
		Records:  records,
		Stderr:   std.err,
		Now:      func() int64 { return int64(time.Since(began)) }, // the monotonic clock
		CPU:      process.CPUNs,
		Resident: process.ResidentBytes,
		Facts:    models.Facts,
		Usage:    process.Usage,
	}
	if err := s.Run(ctx, trial.request, trial.entry.Run); err != nil {
		fmt.Fprintln(std.err, "runner: writing records:", err)
		return exitCrash
	}
	return exitFine
}

// refuse ends a trial, or a load, that did not begin.
func refuse(records *protocol.Writer, std stdio, reason protocol.Reason, err error) int {
	fmt.Fprintln(std.err, "runner:", err)
	if err := records.WriteLast(protocol.Error{Message: err.Error(), Reason: reason}); err != nil {
		fmt.Fprintln(std.err, "runner: writing records:", err)
	}
	return exitRefused
}
