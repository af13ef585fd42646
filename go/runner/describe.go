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
	if err := json.NewEncoder(cmd.Stdout).Encode(description); err != nil {
		cmd.Log("describe:", err)
		return command.ExitCrash
	}
	return command.ExitOK
}
