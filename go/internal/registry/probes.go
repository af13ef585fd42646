package registry

import "loombench/internal/witness"

// A Probe answers one question about the behaviour of a model.
type Probe struct {
	Question string
	Source   string // path relative to the root of the repository
	Run      witness.Func
}

// Probes returns every probe, sorted by question. The caller must not change it.
func Probes() []Probe { return generatedProbes }
