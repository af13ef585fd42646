package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"loombench/internal/command"
	"loombench/internal/models"
	"loombench/internal/protocol"
	"loombench/internal/registry"
)

// A trial is a request with its model and implementation.
type trial struct {
	request protocol.Request
	model   models.Model
	entry   registry.Entry
}

// readTrial reads the request line and finds its model and implementation.
func readTrial(input *bufio.Reader) (trial, error) {
	line, err := command.ReadLine(input)
	if err != nil {
		return trial{}, err
	}
	request, err := protocol.ParseRequest(line)
	if err != nil {
		return trial{}, err
	}
	return findTrial(request, registry.All())
}

// findTrial finds the model and the implementation of a request. The error for an
// unknown name lists the known ones.
func findTrial(request protocol.Request, entries []registry.Entry) (trial, error) {
	model, ok := models.Find(request.Model)
	if !ok {
		var known []string
		for _, m := range models.All {
			known = append(known, m.Name)
		}
		return trial{}, unknownName("model", request.Model, known)
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
		return trial{}, unknownName("workload", request.Workload, slices.Compact(workloads))
	}
	return trial{}, unknownName("variant", request.Variant, variants)
}

func unknownName(key, found string, known []string) error {
	var quoted []string
	for _, name := range known {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return fmt.Errorf("request: %s: found %q, expected one of %s", key, found, strings.Join(quoted, ", "))
}
