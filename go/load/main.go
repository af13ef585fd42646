package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"loombench/internal/command"
	"loombench/internal/load"
	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/protocol"
	"loombench/internal/site"
)

const usage = `usage: load
  read one request from standard input, load a server, write records
`

func main() {
	cmd := command.New("load")
	if len(os.Args) > 1 {
		cmd.Log(fmt.Sprintf("found arguments %q, expected none", os.Args[1:]))
		fmt.Fprint(cmd.Stderr, usage)
		os.Exit(command.ExitRefused)
	}
	if err := cmd.RedirectStdio(); err != nil {
		cmd.Log(err)
		os.Exit(command.ExitCrash)
	}
	os.Exit(run(cmd))
}

// reservedFiles is the number of files that this process needs besides its
// connections, at most.
const reservedFiles = 64

// run reads and carries out a request. It returns the exit code.
func run(cmd command.Command) int {
	records := protocol.NewWriter(cmd.Stdout)
	input := bufio.NewReader(cmd.Stdin)
	line, err := command.ReadLine(input)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	if protocol.IsSite(line) {
		return runSite(cmd, input, records, line)
	}
	request, reason, err := parseRequest(line)
	if err != nil {
		return cmd.Refuse(records, reason, err)
	}

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var turns chan protocol.Turn
	if len(request.Turns) > 0 {
		turns = make(chan protocol.Turn, command.MaxTurnsAhead)
	}
	defer cmd.WatchStdin(input, records, stop, turns)()

	generator, err := newGenerator(records, request)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	generator.Turns = turns
	err = generator.Run(ctx, request)
	var startErr *load.StartError
	switch {
	case errors.As(err, &startErr):
		return cmd.Refuse(records, startErr.Reason, err)
	case err != nil:
		return cmd.FailWriting(err)
	}
	return command.ExitOK
}

// runSite serves the pages that clients fetch, until the harness says stop.
func runSite(cmd command.Command, input *bufio.Reader, records *protocol.Writer, line []byte) int {
	request, err := protocol.ParseSite(line)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	defer cmd.WatchStdin(input, records, stop, nil)()
	if err := site.Run(ctx, request, records); err != nil {
		return cmd.Refuse(records, protocol.Crash, err)
	}
	finished := protocol.SiteFinished{}
	if cpu, ok := process.CPUNs(); ok {
		finished.CPUNs = &cpu
	}
	if err := records.WriteLast(finished); err != nil {
		return cmd.FailWriting(err)
	}
	return command.ExitOK
}

// parseRequest decodes the request and checks that this process may open enough
// files for it. The reason belongs to the error.
func parseRequest(line []byte) (protocol.LoadRequest, protocol.Reason, error) {
	request, err := protocol.ParseLoad(line)
	if err != nil {
		return protocol.LoadRequest{}, protocol.Unsupported, err
	}
	if limit, ok := process.OpenFileLimit(); ok && limit < request.Connections+reservedFiles {
		return protocol.LoadRequest{}, protocol.Descriptors, fmt.Errorf(
			"open files: found a limit of %d, expected at least %d for %d connections (ulimit -n)",
			limit, request.Connections+reservedFiles, request.Connections)
	}
	return request, "", nil
}

func newGenerator(records *protocol.Writer, request protocol.LoadRequest) (*load.Generator, error) {
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) } // the monotonic clock
	timers, err := load.NewTimerQueue(now, int(request.Connections))
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{KeepAlive: -1} // keep-alive probes are not part of the load
	return &load.Generator{
		Records:     records,
		Facts:       facts,
		Now:         now,
		SleepUntil:  timers.SleepUntil,
		Sleep:       time.Sleep,
		CPUNs:       process.CPUNs,
		ServerCPUNs: func() (int64, bool) { return process.CPUNsOf(request.ServerPIDs) },
		Dial: func(ctx context.Context) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", request.Address) // sets TCP_NODELAY by default
		},
	}, nil
}

// facts returns the facts of a runner, and the CPUs that this process may use.
func facts() map[string]any {
	facts := models.Facts()
	if cpus, ok := process.AllowedCPUs(); ok {
		facts["cpus"] = cpus
	}
	return facts
}
