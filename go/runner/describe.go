package main

import (
	"encoding/json"

	"loombench/internal/command"
	"loombench/internal/models"
	"loombench/internal/protocol"
	"loombench/internal/registry"
)

// describe prints every implementation under every model. It returns the exit
// code.
func describe(cmd command.Command) int {
	description := protocol.Description{
		Protocol:        protocol.Version,
		Language:        "go",
		Version:         models.Version(),
		Facts:           models.Facts(),
		Implementations: []protocol.Implementation{},
		Probes:          []protocol.Probe{},
		Unavailable:     []protocol.Unavailable{}, // every model runs wherever Go runs
	}
	for _, entry := range registry.All() {
		for _, model := range models.All {
			description.Implementations = append(description.Implementations, protocol.Implementation{
				Workload: entry.Workload,
				Model:    model.Name,
				Variant:  entry.Variant,
				Source:   entry.Source,
				Files:    entry.Files,
			})
		}
	}
	for _, probe := range registry.Probes() {
		for _, model := range models.All {
			description.Probes = append(description.Probes, protocol.Probe{
				Question: probe.Question,
				Model:    model.Name,
				Source:   probe.Source,
			})
		}
	}
	if err := json.NewEncoder(cmd.Stdout).Encode(description); err != nil {
		cmd.Log("describe:", err)
		return command.ExitCrash
	}
	return command.ExitOK
}
