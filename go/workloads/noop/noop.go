// Package noop does nothing: it shows what the tool itself costs.
package noop

import (
	"context"

	"loombench/internal/work"
)

// Run returns at once, in the goroutine it was called in. What is left is the
// call through a function value and the check of its error.
func Run(context.Context, work.Params, *work.Probe) (any, error) {
	return 0, nil
}
