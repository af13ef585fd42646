// Package noop does nothing. It measures the overhead of the tool.
package noop

import (
	"context"

	"loombench/internal/work"
)

// Run returns at once. What remains is the call of a function value and the check
// of its error.
func Run(context.Context, work.Params, *work.Probe) (any, error) {
	return 0, nil
}
