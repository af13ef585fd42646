// Package drain is an HTTP server that shuts down gracefully on SIGTERM.
package drain

import (
	"context"
	"os/signal"
	"syscall"

	"loombench/internal/work"
	"loombench/workloads/http"
)

// Run is the server of the workload http with responses that take a while.
func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	stopping, unregister := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer unregister()
	return 0, http.Serve(stopping, p.Duration("wait_ns"), probe)
}
