package main

import (
	"encoding/json"

	"loombench/internal/models"
	"loombench/internal/program"
	"loombench/internal/protocol"
	"loombench/internal/registry"
)

// describe prints what there is: every implementation under every model.
func describe(own program.Program) int {
	description := protocol.Description{
		Protocol:        protocol.Version,
		Language:        "go",
		Version:         models.Version(),
		Facts:           models.Facts(),
		Implementations: []protocol.Implementation{},
		Unavailable:     []protocol.Unavailable{}, // every model runs wherever Go does
	}
	for _, entry := range registry.All() {
		for _, model := range models.All {
			description.Implementations = append(description.Implementations, protocol.Implementation{
				Workload: entry.Workload,
				Model:    model.Name,
				Variant:  entry.Variant,
				Source:   entry.Source,
			})
		}
	}
	if err := json.NewEncoder(own.Out).Encode(description); err != nil {
		own.Say("describe:", err)
		return program.Crash
	}
	return program.Fine
}
