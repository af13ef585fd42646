// Package models lists the models of this runner. A model is an implementation
// under a runtime; in Go the runtime differs by one setting, GOMAXPROCS.
package models

import (
	"runtime"
	"strings"
	"time"
)

// A Model is a way to run Go code.
type Model struct {
	Name  string
	setUp func()
}

// All are the models of this runner, in the order of `describe`.
var All = []Model{
	// The runtime chooses GOMAXPROCS: the number of CPUs, limited by the affinity
	// mask and the cgroup quota, or the environment variable GOMAXPROCS.
	{"go", func() {}},
	// One CPU: concurrent, never parallel, as an event loop is.
	{"go-1cpu", func() { runtime.GOMAXPROCS(1) }},
}

// SetUp prepares this process for the model.
func (m Model) SetUp() { m.setUp() }

// Find returns the model with that name.
func Find(name string) (Model, bool) {
	for _, m := range All {
		if m.Name == name {
			return m, true
		}
	}
	return Model{}, false
}

// After a wait of tenths of a second, the kernel and the runtime often leave all
// goroutines on one CPU for so long, or wake the thread on the other one late.
const untilSpread = 40 * time.Millisecond

// ExtendRunUp returns how long a run-up must be: as asked for, or longer if goroutines
// run on several CPUs. There is none where none was asked for.
func ExtendRunUp(askedNs int64) int64 {
	if askedNs == 0 || runtime.GOMAXPROCS(0) == 1 {
		return askedNs
	}
	return max(askedNs, untilSpread.Nanoseconds())
}

// Version returns the Go version that built this program, such as "1.26.0".
func Version() string { return strings.TrimPrefix(runtime.Version(), "go") }

// Facts returns what a reader needs to know about this process to interpret its
// results.
func Facts() map[string]any {
	return map[string]any{
		"gomaxprocs": runtime.GOMAXPROCS(0),
		"num_cpu":    runtime.NumCPU(),
		"go_version": runtime.Version(),
		"os":         runtime.GOOS,
		"arch":       runtime.GOARCH,
	}
}
