// Package drain is an HTTP server that ends in order when it is told to.
package drain

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"loombench/internal/work"
)

// Run is the server of the workload http with answers that take a while, and
// http.Server's own way to drain. Shutdown accepts no more and closes the
// connections that have no request under way; what is answered after that says
// Connection: close. It looks again and again whether the rest has been answered,
// after a millisecond at first and then less and less often, up to every half a
// second: that is part of the time until it has ended.
func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	told, forget := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer forget()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	wait := p.Duration("wait_ns")
	server := http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(wait)
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "Hello, World!\n") // who has gone away needs no answer
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	probe.Listening(listener.Addr().(*net.TCPAddr).Port)
	select {
	case err := <-served:
		return nil, err
	case <-told.Done():
		err := server.Shutdown(context.Background()) // however long it takes: that is measured
		<-served
		return 0, err
	}
}
