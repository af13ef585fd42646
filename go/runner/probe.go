package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"

	"loombench/internal/command"
	"loombench/internal/models"
	"loombench/internal/protocol"
	"loombench/internal/registry"
	"loombench/internal/witness"
)

// runProbe reads which probe to run, and runs it. It returns the exit code. A probe
// may end the process: what it has reported until then counts.
func runProbe(cmd command.Command) int {
	records := protocol.NewWriter(cmd.Stdout)
	input := bufio.NewReader(cmd.Stdin)
	model, probe, err := readProbe(input)
	if err != nil {
		return cmd.Refuse(records, protocol.Unsupported, err)
	}
	model.SetUp()
	defer cmd.WatchStdin(input, records, func() {}, nil)()
	w := witness.New(records, model.Name)
	if word := probe.Run(w); word != "" {
		w.Conclude(word)
	}
	return command.ExitOK
}

// readProbe reads the request line and finds its model and probe.
func readProbe(input *bufio.Reader) (models.Model, registry.Probe, error) {
	line, err := command.ReadLine(input)
	if err != nil {
		return models.Model{}, registry.Probe{}, err
	}
	var request struct {
		Protocol        int
		Question, Model string
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return models.Model{}, registry.Probe{}, fmt.Errorf("request: %w", err)
	}
	if request.Protocol != protocol.Version {
		return models.Model{}, registry.Probe{}, fmt.Errorf("request: protocol: found %d, expected %d", request.Protocol, protocol.Version)
	}
	model, ok := models.Find(request.Model)
	if !ok {
		return models.Model{}, registry.Probe{}, fmt.Errorf("no model %q", request.Model)
	}
	probes := registry.Probes()
	i := slices.IndexFunc(probes, func(p registry.Probe) bool { return p.Question == request.Question })
	if i < 0 {
		return models.Model{}, registry.Probe{}, fmt.Errorf("no probe %s for %s", request.Question, request.Model)
	}
	return model, probes[i], nil
}
