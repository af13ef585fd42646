// Package models is the one table of what the same Go code can run on: a model
// is an implementation times a runtime, and a runtime here is a setting.
package models

import (
	"runtime"
	"strings"
)

// A Model is a way to run Go code.
type Model struct {
	Name string
	boot func()
}

// All are the models of this runner, in the order of `describe`.
var All = []Model{
	// As many processors as the runtime chose: the machine's, less what the
	// affinity mask and the cgroup quota take away, or the environment's GOMAXPROCS.
	{"go", func() {}},
	// One processor: concurrent, never parallel. What an event loop is compared with.
	{"go-1cpu", func() { runtime.GOMAXPROCS(1) }},
}

// Boot sets the process up for the model.
func (m Model) Boot() { m.boot() }

// Find returns the model of that name.
func Find(name string) (Model, bool) {
	for _, m := range All {
		if m.Name == name {
			return m, true
		}
	}
	return Model{}, false
}

// Version is the version of the Go that built this program, as "1.26.0".
func Version() string { return strings.TrimPrefix(runtime.Version(), "go") }

// Facts are what a reader of a result must know about this process.
func Facts() map[string]any {
	return map[string]any{
		"gomaxprocs": runtime.GOMAXPROCS(0),
		"num_cpu":    runtime.NumCPU(),
		"go_version": runtime.Version(),
		"os":         runtime.GOOS,
		"arch":       runtime.GOARCH,
	}
}
