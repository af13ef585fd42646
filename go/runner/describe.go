package main

import (
	"encoding/json"
	"fmt"

	"loombench/internal/models"
	"loombench/internal/protocol"
	"loombench/internal/registry"
)

// describe prints what there is: every implementation under every model.
func describe(std stdio) int {
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
	if err := json.NewEncoder(std.out).Encode(description); err != nil {
		fmt.Fprintln(std.err, "runner: describe:", err)
		return exitCrash
	}
	return exitFine
}
