// Command load is the load generator for servers in any language: it reads one
// request from standard input, loads a server, and answers with records.
// docs/load.md is the contract.
//
// It is a program of its own and not a part of the runner: what reads HTTP would
// make that twice as large and slower to start, with every trial of Go.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"loombench/internal/load"
	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/program"
	"loombench/internal/protocol"
)

const usage = `usage: load
  reads one request from standard input, loads a server, answers with records
`

func main() {
	own := program.New("load")
	if len(os.Args) > 1 {
		own.Say(fmt.Sprintf("found arguments %q, expected none", os.Args[1:]))
		fmt.Fprint(own.Err, usage)
		os.Exit(program.Refused)
	}
	if err := own.TakeStreams(); err != nil {
		own.Say(err)
		os.Exit(program.Crash)
	}
	os.Exit(run(own))
}

// otherFiles is how many files this process has open, at most, besides its
// connections.
const otherFiles = 64

// run is the whole program but for the end of the process; it returns the exit
// code.
func run(own program.Program) int {
	records := protocol.NewWriter(own.Out)
	input := bufio.NewReader(own.In)
	line, err := program.ReadLine(input)
	if err != nil {
		return own.Refuse(records, protocol.Unsupported, err)
	}
	request, err := protocol.ParseLoad(line)
	if err != nil {
		return own.Refuse(records, protocol.Unsupported, err)
	}
	if most, ok := process.OpenFiles(); ok && most < request.Connections+otherFiles {
		return own.Refuse(records, protocol.Descriptors, fmt.Errorf(
			"open files: found a limit of %d, expected at least %d for %d connections (ulimit -n)",
			most, request.Connections+otherFiles, request.Connections))
	}

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	defer own.Watch(input, records, stop)()

	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) } // the monotonic clock
	alarm, err := load.NewAlarm(now, int(request.Connections))
	if err != nil {
		return own.Refuse(records, protocol.Unsupported, err)
	}
	dialer := net.Dialer{KeepAlive: -1} // no probes: they are not part of the load
	generator := load.Generator{
		Records:    records,
		Facts:      facts,
		Now:        now,
		SleepUntil: alarm.SleepUntil,
		Pause:      time.Sleep,
		CPU:        process.CPUNs,
		Dial: func(ctx context.Context) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", request.Address) // with TCP_NODELAY, as Go does
		},
	}
	err = generator.Run(ctx, request)
	var refusal *load.Refusal
	switch {
	case errors.As(err, &refusal):
		return own.Refuse(records, refusal.Reason, err)
	case err != nil:
		return own.CannotWrite(err)
	}
	return program.Fine
}

// facts are those of a runner, and which processors the load is made on.
func facts() map[string]any {
	told := models.Facts()
	if cpus, ok := process.CPUs(); ok {
		told["cpus"] = cpus
	}
	return told
}
