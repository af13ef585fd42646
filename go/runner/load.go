package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"loombench/internal/load"
	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/protocol"
)

// otherFiles is how many files this process has open, at most, besides its
// connections.
const otherFiles = 64

// makeLoad answers the request of `load`.
func makeLoad(std stdio) int {
	records := protocol.NewWriter(std.out)
	input := bufio.NewReader(std.in)
	line, err := readLine(input)
	if err != nil {
		return refuse(records, std, protocol.Unsupported, err)
	}
	request, err := protocol.ParseLoad(line)
	if err != nil {
		return refuse(records, std, protocol.Unsupported, err)
	}
	if most, ok := process.OpenFiles(); ok && most < request.Connections+otherFiles {
		return refuse(records, std, protocol.Descriptors, fmt.Errorf(
			"open files: found a limit of %d, expected at least %d for %d connections (ulimit -n)",
			most, request.Connections+otherFiles, request.Connections))
	}

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	watch := newWatch(input, records, std, stop)
	go watch.run()
	defer watch.end()

	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) } // the monotonic clock
	alarm, err := load.NewAlarm(now, int(request.Connections))
	if err != nil {
		return refuse(records, std, protocol.Unsupported, err)
	}
	dialer := net.Dialer{KeepAlive: -1} // no probes: they are not part of the load
	generator := load.Generator{
		Records:    records,
		Facts:      loadFacts,
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
		return refuse(records, std, refusal.Reason, err)
	case err != nil:
		fmt.Fprintln(std.err, "runner: writing records:", err)
		return exitCrash
	}
	return exitFine
}

// loadFacts are the facts of a runner, and which processors the load is made on.
func loadFacts() map[string]any {
	facts := models.Facts()
	if cpus, ok := process.CPUs(); ok {
		facts["cpus"] = cpus
	}
	return facts
}
