// Package work is what an implementation of a workload sees of Loombench: the
// parameters of its case, a probe for what a result cannot say, and the type of
// the function to write. It imports nothing else of the project.
package work

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// A Func does the work of one call and returns its answer: integers, strings,
// slices of them and maps with string keys, nothing else. The runner takes the
// time around it, so it starts nothing that outlives it and prints nothing.
//
// ctx ends when the harness asks a server to stop. An error that wraps
// [errors.ErrUnsupported] says that this machine cannot do the case; any other
// error is a crash.
type Func func(ctx context.Context, p Params, probe *Probe) (any, error)

// Params are the parameters of a case by name: integers (int64, or int in a
// test's literal) and strings. Asking for one that is not there is a mistake in
// the implementation or in the workload file, and panics with what was there.
type Params map[string]any

// Int returns an integer parameter.
func (p Params) Int(name string) int {
	n := p.int64(name)
	if n < math.MinInt || n > math.MaxInt {
		panic(fmt.Sprintf("params: %s: found %d, expected an integer of this machine's size", name, n))
	}
	return int(n)
}

// Duration returns an integer parameter in nanoseconds, whose name ends in _ns,
// as a duration.
func (p Params) Duration(name string) time.Duration {
	return time.Duration(p.int64(name))
}

// String returns a string parameter.
func (p Params) String(name string) string {
	s, ok := p[name].(string)
	if !ok {
		panic(p.mismatch(name, "a string"))
	}
	return s
}

func (p Params) int64(name string) int64 {
	switch n := p[name].(type) {
	case int64:
		return n
	case int:
		return int64(n)
	}
	panic(p.mismatch(name, "an integer"))
}

func (p Params) mismatch(name, expected string) string {
	if value, ok := p[name]; ok {
		return fmt.Sprintf("params: %s: found %#v, expected %s", name, value, expected)
	}
	given := "none"
	if len(p) > 0 {
		given = strings.Join(slices.Sorted(maps.Keys(p)), ", ")
	}
	return fmt.Sprintf("params: %s: found nothing, expected %s (the case gives: %s)", name, expected, given)
}
