package http

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"

	"loombench/internal/work"
)

// RunNetHTTP serves one handler with net/http. The server starts a goroutine for each
// connection, which parses a request, calls the handler and writes the response. It
// keeps connections alive and sets Content-Length for a short body.
func RunNetHTTP(ctx context.Context, _ work.Params, probe *work.Probe) (any, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := http.Server{
		Handler:  http.HandlerFunc(hello),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	probe.Listening(listener.Addr().(*net.TCPAddr).Port)
	select {
	case err := <-served:
		return nil, err
	case <-ctx.Done():
		err := server.Close()
		<-served
		return 0, err
	}
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "Hello, World!\n") // fails only if the client is gone
}
