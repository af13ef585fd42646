// Command trace runs a program once, with the execution tracer of the runtime or
// without, and writes who ran when. It is a program of its own: as a part of the
// runner it would slow the start of every trial.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"slices"
	"time"

	"loombench/internal/command"
	"loombench/internal/models"
	"loombench/internal/process"
	"loombench/internal/protocol"
	"loombench/internal/registry"
	"loombench/internal/work"
	"loombench/scenes/cleanup"
	"loombench/scenes/threetasks"
)

const (
	version   = 1     // of the messages, like PROTOCOL in harness/traces/events.py
	atOnce    = 2_000 // events in a message
	sees      = "every change of the state of a goroutine, by the runtime's tracer (runtime/trace); not the collector's and the runtime's own goroutines"
	processor = "processor"
)

// scenes are the programs that are traced and never measured.
var scenes = map[string]work.Func{"cleanup": cleanup.Run, "threetasks": threetasks.Run}

type request struct {
	Protocol int
	Program  string
	Model    string
	Params   map[string]any
	Traced   bool
}

type ended struct {
	Kind    string `json:"kind"`
	StartNs int64  `json:"start_ns"`
	EndNs   int64  `json:"end_ns"`
	CPUNs   int64  `json:"cpu_ns"`
	Answer  any    `json:"answer"`
	Sees    string `json:"sees"`
}

type events struct {
	Kind   string  `json:"kind"`
	Events []event `json:"events"`
}

func main() {
	cmd := command.New("trace")
	if err := cmd.RedirectStdio(); err != nil {
		cmd.Log(err)
		os.Exit(command.ExitCrash)
	}
	os.Exit(run(cmd))
}

// run reads a request, runs its program and writes the trace. It returns the exit
// code.
func run(cmd command.Command) int {
	records := protocol.NewWriter(cmd.Stdout)
	input := bufio.NewReader(cmd.Stdin)
	request, err := readRequest(input)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	model, ok := models.Find(request.Model)
	if !ok {
		return cmd.Refuse(records, protocol.Unsupported, fmt.Errorf("no model %q", request.Model))
	}
	prepare, err := find(request.Program)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	model.SetUp()
	defer cmd.WatchStdin(input, records, func() {}, nil)()
	found, end, err := record(prepare, request)
	if err != nil {
		return cmd.Refuse(records, protocol.Crash, err)
	}
	encoder := json.NewEncoder(cmd.Stdout)
	for some := range slices.Chunk(found, atOnce) {
		if err := encoder.Encode(events{"events", some}); err != nil {
			return cmd.FailWriting(err)
		}
	}
	if err := encoder.Encode(end); err != nil {
		return cmd.FailWriting(err)
	}
	return command.ExitOK
}

func readRequest(input *bufio.Reader) (request, error) {
	line, err := command.ReadLine(input)
	if err != nil {
		return request{}, err
	}
	var r request
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // a float64 would lose digits
	if err := decoder.Decode(&r); err != nil {
		return request{}, fmt.Errorf("request: %w", err)
	}
	if r.Protocol != version {
		return request{}, fmt.Errorf("request: protocol: found %d, expected %d", r.Protocol, version)
	}
	for name, value := range r.Params {
		if number, ok := value.(json.Number); ok {
			if r.Params[name], err = number.Int64(); err != nil {
				return request{}, fmt.Errorf("request: params.%s: %w", name, err)
			}
		}
	}
	return r, nil
}

// find returns the plain implementation of a scene or a workload.
func find(program string) (work.PrepareFunc, error) {
	if scene, ok := scenes[program]; ok {
		return work.Unprepared(scene), nil
	}
	for _, entry := range registry.All() {
		if entry.Workload == program && entry.Variant == "" {
			return entry.Preparing(), nil
		}
	}
	return nil, fmt.Errorf("no program %q", program)
}

// record runs the program once, traced or not.
func record(prepare work.PrepareFunc, r request) (found []event, end ended, err error) {
	ctx := context.Background()
	prepared, err := prepare(ctx, r.Params)
	if err != nil {
		return nil, end, err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	var buffer bytes.Buffer
	if r.Traced {
		if err := trace.Start(&buffer); err != nil {
			return nil, end, err
		}
		trace.Log(ctx, mark, markStart)
	}
	start, cpuBefore := time.Now(), cpuNs()
	end = ended{Kind: "ended", Sees: sees}
	if end.Answer, err = prepared.Run(ctx, r.Params, nil); err != nil {
		trace.Stop()
		return nil, end, err
	}
	end.EndNs, end.CPUNs = int64(time.Since(start)), cpuNs()-cpuBefore
	if !r.Traced {
		return nil, end, nil
	}
	trace.Log(ctx, mark, markEnd)
	trace.Stop()
	group := ""
	if runtime.GOMAXPROCS(0) == 1 {
		group = processor
	}
	found, end.StartNs, end.EndNs, err = read(&buffer, group)
	return found, end, err
}

func cpuNs() int64 {
	ns, _ := process.CPUNs()
	return ns
}
