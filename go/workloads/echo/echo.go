// Package echo sends back every byte it receives over TCP.
package echo

import (
	"context"
	"errors"
	"net"
	"sync"

	"loombench/internal/work"
)

// largest is the most that one read takes. The loopback hands over 64 KiB at a
// time, so more would rarely be filled. Not exactly that: buffers that lie a power
// of two apart share the same sets of the second-level cache, and 64 connections
// would drive each other out of it. Each connection keeps a buffer of its own:
// that many are cheap to have, since pages that nothing was read into are not
// there, and a pool would cost every message something.
const largest = 72 << 10

// Run gives each connection a goroutine that reads and writes. The calls look
// blocking, but a goroutine that waits for a socket holds no thread: the runtime
// has one poller for all of them. TCP_NODELAY is what Go sets by itself, and the
// backlog is the largest that the system allows.
//
// Rejected: io.Copy, which has the kernel move the bytes and never reads them.
func Run(ctx context.Context, _ work.Params, probe *work.Probe) (any, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	// However it ends, nothing is left open, and all goroutines have returned.
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
	buffer := make([]byte, largest)
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
