package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"loombench/internal/models"
	"loombench/internal/program"
	"loombench/internal/protocol"
	"loombench/internal/registry"
)

// A trial is a request with its names looked up.
type trial struct {
	request protocol.Request
	model   models.Model
	entry   registry.Entry
}

// readTrial reads the request line and looks its names up.
func readTrial(input *bufio.Reader) (trial, error) {
	line, err := program.ReadLine(input)
	if err != nil {
		return trial{}, err
	}
	request, err := protocol.ParseRequest(line)
	if err != nil {
		return trial{}, err
	}
	return find(request, registry.All())
}

// find looks up the names of a request. What is unknown is refused with what is
// known.
func find(request protocol.Request, entries []registry.Entry) (trial, error) {
	model, ok := models.Find(request.Model)
	if !ok {
		var known []string
		for _, m := range models.All {
			known = append(known, m.Name)
		}
		return trial{}, unknown("model", request.Model, known)
	}
	var workloads, variants []string
	for _, entry := range entries {
		workloads = append(workloads, entry.Workload)
		if entry.Workload != request.Workload {
			continue
		}
		if entry.Variant == request.Variant {
			return trial{request, model, entry}, nil
		}
		variants = append(variants, entry.Variant)
	}
	if variants == nil {
		return trial{}, unknown("workload", request.Workload, slices.Compact(workloads))
	}
	return trial{}, unknown("variant", request.Variant, variants)
}

func unknown(key, found string, known []string) error {
	var quoted []string
	for _, name := range known {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return fmt.Errorf("request: %s: found %q, expected one of %s", key, found, strings.Join(quoted, ", "))
}
