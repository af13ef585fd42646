// Command runner implements the runner protocol for Go: `runner describe` lists
// the implementations and the probes, `runner run` runs one request, and `runner
// probe` runs one probe. docs/protocol.md is the specification.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"

	"loombench/internal/command"
	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/protocol"
	"loombench/internal/session"
)

const usage = `usage: runner describe | run | probe
  describe  print what this runner can run, as one JSON object
  run       read one request from standard input and write records
  probe     read which probe to run from standard input and write what it observes
`

func main() {
	cmd := command.New("runner")
	if len(os.Args) == 2 && (os.Args[1] == "run" || os.Args[1] == "probe") {
		if err := cmd.RedirectStdio(); err != nil {
			cmd.Log(err)
			os.Exit(command.ExitCrash)
		}
	}
	os.Exit(run(os.Args[1:], cmd))
}

// run runs the subcommand in args. It returns the exit code.
func run(args []string, cmd command.Command) int {
	if len(args) == 1 {
		switch args[0] {
		case "describe":
			return describe(cmd)
		case "run":
			return runTrial(cmd)
		case "probe":
			return runProbe(cmd)
		}
	}
	cmd.Log(fmt.Sprintf("found arguments %q, expected describe, run or probe", args))
	fmt.Fprint(cmd.Stderr, usage)
	return command.ExitRefused
}

// runTrial reads a request and runs its trial. It returns the exit code.
func runTrial(cmd command.Command) int {
	records := protocol.NewWriter(cmd.Stdout)
	input := bufio.NewReader(cmd.Stdin)
	trial, err := readTrial(input)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	trial.model.SetUp()
	trial.request.RunUpNs = models.ExtendRunUp(trial.request.RunUpNs)

	var turns chan protocol.Turn
	if trial.request.Turns {
		turns = make(chan protocol.Turn, command.MaxTurnsAhead)
	}
	began := time.Now()
	s := session.Session{
		Records:      records,
		Stderr:       cmd.Stderr,
		Now:          func() int64 { return int64(time.Since(began)) }, // the monotonic clock
		CPUNs:        process.CPUNs,
		PSSBytes:     process.PSSBytes,
		VirtualBytes: process.VirtualBytes,
		KernelBytes:  process.KernelBytes,
		Facts:        models.Facts,
		Usage:        process.Usage,
		Turns:        turns,
		MoveTo:       process.MoveTo,
	}
	defer cmd.WatchStdin(input, records, s.Stop, turns)()
	if err := s.Run(context.Background(), trial.request, trial.entry.Preparing()); err != nil {
		return cmd.FailWriting(err)
	}
	return command.ExitOK
}
