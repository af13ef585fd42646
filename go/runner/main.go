// Command runner speaks the runner protocol for Go: `runner describe` says what
// there is, `runner run` answers one request. docs/protocol.md is the contract.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"

	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/program"
	"loombench/internal/protocol"
	"loombench/internal/session"
)

const usage = `usage: runner describe | run
  describe  print what this runner can run, as one JSON object
  run       read one request from standard input and answer with records
`

func main() {
	own := program.New("runner")
	if len(os.Args) == 2 && os.Args[1] == "run" {
		if err := own.TakeStreams(); err != nil {
			own.Say(err)
			os.Exit(program.Crash)
		}
	}
	os.Exit(run(os.Args[1:], own))
}

// run is the whole program but for the end of the process; it returns the exit
// code.
func run(args []string, own program.Program) int {
	if len(args) == 1 {
		switch args[0] {
		case "describe":
			return describe(own)
		case "run":
			return answer(own)
		}
	}
	own.Say(fmt.Sprintf("found arguments %q, expected describe or run", args))
	fmt.Fprint(own.Err, usage)
	return program.Refused
}

// answer runs the trial of one request.
func answer(own program.Program) int {
	records := protocol.NewWriter(own.Out)
	input := bufio.NewReader(own.In)
	trial, err := readTrial(input)
	if err != nil {
		return own.Refuse(records, protocol.Unsupported, err)
	}
	trial.model.Boot()

	began := time.Now()
	s := session.Session{
		Records:  records,
		Stderr:   own.Err,
		Now:      func() int64 { return int64(time.Since(began)) }, // the monotonic clock
		CPU:      process.CPUNs,
		Held:     process.PSSBytes,
		Reserved: process.VirtualBytes,
		Facts:    models.Facts,
		Usage:    process.Usage,
	}
	defer own.Watch(input, records, s.Stop)()
	if err := s.Run(context.Background(), trial.request, trial.entry.Run); err != nil {
		return own.CannotWrite(err)
	}
	return program.Fine
}
