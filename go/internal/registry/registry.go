// Package registry lists the implementations of this module. The list is
// generated from the files under workloads, so that adding an implementation means
// adding a file. The generated files are not under version control: the harness
// generates them before each build, and `go generate ./...` does too.
package registry

import "loombench/internal/work"

//go:generate go run ./generate

// An Entry is an implementation of a workload.
type Entry struct {
	Workload string
	Variant  string   // "" for Run or Prepare, "atomic" for RunAtomic or PrepareAtomic
	Source   string   // path relative to the root of the repository
	Files    []string // other files of its package, like Source
	Run      work.Func
	Prepare  work.PrepareFunc // in place of Run, if something must exist before the clock
}

// Preparing returns Prepare, or a function that prepares nothing for Run.
func (e Entry) Preparing() work.PrepareFunc {
	if e.Prepare != nil {
		return e.Prepare
	}
	return work.Unprepared(e.Run)
}

// All returns every implementation, sorted by workload and variant. The caller
// must not change it.
func All() []Entry { return generatedEntries }
