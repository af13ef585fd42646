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

// RunNetHTTP is the server of the workload http with responses that take a while. It
// shuts down with http.Server.Shutdown, which stops accepting and closes idle
// connections; later responses say Connection: close. Shutdown polls until all
// requests are answered, first after 1 ms and then less and less often, up to every
// 500 ms. This polling is part of the shutdown time.
func RunNetHTTP(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	stopping, unregister := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer unregister()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	wait := p.Duration("wait_ns")
	server := http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(wait)
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "Hello, World!\n") // fails only if the client is gone
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	probe.Listening(listener.Addr().(*net.TCPAddr).Port)
	select {
	case err := <-served:
		return nil, err
	case <-stopping.Done():
		err := server.Shutdown(context.Background()) // without a deadline: the shutdown time is measured
		<-served
		return 0, err
	}
}
