// Package echo is a TCP server that sends back every byte it receives.
package echo

import (
	"context"
	"errors"
	"net"
	"sync"

	"loombench/internal/work"
)

// bufferBytes is the size of the read buffer. The loopback delivers 64 KiB at a
// time, so a larger buffer would rarely fill. It is not exactly 64 KiB: buffers at
// a distance of a power of two share the same sets of the L2 cache, so 64
// connections would evict each other. Each connection has its own buffer. That is
// cheap, because untouched pages take no memory; a pool would cost time for every
// message.
const bufferBytes = 72 << 10

// Run starts a goroutine for each connection that reads and writes. The calls look
// blocking, but a goroutine that waits for a socket holds no thread: the runtime
// has one poller for all sockets. Go sets TCP_NODELAY by default, and uses the
// largest backlog that the system allows.
//
// Rejected: io.Copy, because the kernel then moves the bytes and the program never
// reads them.
func Run(ctx context.Context, _ work.Params, probe *work.Probe) (any, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	// On every return, all connections are closed and all goroutines have ended.
	ctx, stop := context.WithCancel(ctx)
	var connections sync.WaitGroup
	defer connections.Wait()
	defer stop()
	context.AfterFunc(ctx, func() { listener.Close() })

	probe.Listening(listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return 0, nil
		}
		if err != nil {
			return nil, err
		}
		connections.Go(func() { echo(ctx, conn) })
	}
}

// echo serves one connection until the other side closes it, or until ctx ends.
func echo(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	buffer := make([]byte, bufferBytes)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}
