// Package work is the API for implementations of workloads: the type of the
// function to write, the parameters of a case, and a probe for reports beyond the
// answer. It imports no other package of the project.
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

// A Func does the work of one call and returns its answer, which consists of
// integers, strings, slices and maps with string keys only. The runner times the
// call, so a Func leaves no goroutine running and prints nothing.
//
// ctx is cancelled when the harness asks a server to stop. An error that wraps
// [errors.ErrUnsupported] means that this machine cannot run the case; any other
// error is a crash.
type Func func(ctx context.Context, p Params, probe *Probe) (any, error)

// A PrepareFunc makes what the calls of a case need before the clock starts, such as
// files. Its errors count like those of a [Func].
type PrepareFunc func(ctx context.Context, p Params) (Prepared, error)

// A Prepared does the work of one call with what was prepared; its Run is a [Func].
// The parameters of a call may be smaller than those that were prepared. Close
// removes what was prepared, after the last call, even if a call has failed.
type Prepared interface {
	Run(ctx context.Context, p Params, probe *Probe) (any, error)
	Close() error
}

// Unprepared returns a PrepareFunc for an implementation that needs no preparation.
func Unprepared(run Func) PrepareFunc {
	return func(context.Context, Params) (Prepared, error) { return unprepared(run), nil }
}

type unprepared Func

func (run unprepared) Run(ctx context.Context, p Params, probe *Probe) (any, error) {
	return run(ctx, p, probe)
}

func (unprepared) Close() error { return nil }

// Params maps the names of a case's parameters to their values: integers (int64,
// or int in tests) and strings. A missing parameter, or one of another type, is a
// bug in the implementation or in the workload file: the methods panic with what
// they found and expected.
type Params map[string]any

// Int returns an integer parameter.
func (p Params) Int(name string) int {
	n := p.int64(name)
	if n < math.MinInt || n > math.MaxInt {
		panic(fmt.Sprintf("params: %s: found %d, expected an integer that fits an int", name, n))
	}
	return int(n)
}

// Duration returns an integer parameter in nanoseconds as a duration. The names of
// such parameters end in _ns.
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
