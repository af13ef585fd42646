// Package http is an HTTP/1.1 server that responds with a short text.
package http

import (
	"context"

	"loombench/internal/work"
)

// Run serves on bare connections, with a goroutine for each.
func Run(ctx context.Context, _ work.Params, probe *work.Probe) (any, error) {
	return 0, Serve(ctx, 0, probe)
}
