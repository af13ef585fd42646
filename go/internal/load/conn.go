package load

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A conn is an open connection that carries one request at a time: send takes the
// request, and the first Read after it writes the request before it waits for the
// response.
//
// A plain net.Conn costs one more system call per request: a Read after a Write
// tries at once, finds nothing, and only then waits. Waiting first is delicate,
// because the poller reports each event once. Its readiness must be cleared before
// the request is written; cleared afterwards, the event of a fast response would
// be lost. RawConn.Read clears it before it calls its function for the first time,
// so the request is written inside that function.
type conn struct {
	netConn net.Conn
	raw     syscall.RawConn // nil: not a socket but a pipe in a test
	onReady func(fd uintptr) bool
	// isOverdue reports whether an interrupt is meant for the current request.
	isOverdue func() bool
	now       func() int64

	request   []byte     // not yet written; nil: already written
	writeDone chan error // result of a write that continues while reading; nil: none

	readBuffer []byte // of the current Read
	readCount  int
	syscallErr error // RawConn.Read does not return the errors of its function

	sentNs      int64 // when the first write of the last request began
	wroteAny    bool  // some bytes of the request were written
	receivedAny bool  // some bytes of the response were received
	err         error // the first error of the connection itself; every later Read returns it
}

func newConn(netConn net.Conn, isOverdue func() bool, now func() int64) *conn {
	c := &conn{netConn: netConn, isOverdue: isOverdue, now: now}
	if socket, ok := netConn.(syscall.Conn); ok {
		if raw, err := socket.SyscallConn(); err == nil {
			c.raw = raw
		}
	}
	c.onReady = c.ready
	return c
}

// send takes a request. Its bytes must not change until the response was read.
func (c *conn) send(request []byte) {
	c.request = request
	c.wroteAny, c.receivedAny = false, false
}

// Read reads available bytes of the response, or waits for some.
func (c *conn) Read(buffer []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(buffer) == 0 {
		return 0, nil
	}
	for {
		n, err := c.read(buffer)
		if n > 0 {
			c.receivedAny = true
			return n, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || c.isOverdue() {
			c.err = err
			return 0, err
		}
		// The interrupt was meant for the previous request, whose response came just in
		// time. Undo it.
		_ = c.netConn.SetDeadline(time.Time{})
	}
}

func (c *conn) read(buffer []byte) (int, error) {
	if c.raw == nil {
		return c.readWithoutSocket(buffer)
	}
	c.readBuffer, c.readCount, c.syscallErr = buffer, 0, nil
	err := c.raw.Read(c.onReady)
	c.readBuffer = nil
	if c.syscallErr != nil {
		err = c.syscallErr
	}
	return c.readCount, err
}

// ready is the function of RawConn.Read, which calls it once at the start and then
// for each event of the poller. It returns true to end the wait.
func (c *conn) ready(fd uintptr) bool {
	if c.request != nil {
		return !c.write(int(fd))
	}
	for {
		n, err := syscall.Read(int(fd), c.readBuffer)
		switch {
		case n > 0:
			c.readCount = n
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false
		case err != nil:
			c.syscallErr = err
		default:
			c.syscallErr = io.EOF
		}
		return true
	}
}

// write writes the request. It reports whether no error has occurred so far.
func (c *conn) write(fd int) bool {
	rest := c.request
	c.request = nil
	c.sentNs = c.now()
	for {
		n, err := syscall.Write(fd, rest)
		c.wroteAny = c.wroteAny || n > 0
		switch {
		case n == len(rest):
			return true
		case n > 0:
			rest = rest[n:]
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			// The buffers are full, and the server may itself be waiting for us to read its
			// response. So reading and writing must go on at the same time.
			c.wroteAny = true // if not yet, then soon: a request this large is sent in parts
			c.writeDone = make(chan error, 1)
			go func() { c.writeDone <- c.writeRest(rest) }()
			return true
		default:
			c.syscallErr = err
			return false
		}
	}
}

func (c *conn) writeRest(rest []byte) error {
	for {
		n, err := c.netConn.Write(rest)
		if !errors.Is(err, os.ErrDeadlineExceeded) || c.isOverdue() {
			return err
		}
		rest = rest[n:]
		_ = c.netConn.SetDeadline(time.Time{})
	}
}

// finishWrite waits until a write that continued while reading is complete.
func (c *conn) finishWrite() error {
	if c.writeDone == nil {
		return nil
	}
	err := <-c.writeDone
	c.writeDone = nil
	if err != nil && c.err == nil {
		c.err = err
	}
	return err
}

func (c *conn) readWithoutSocket(buffer []byte) (int, error) {
	if request := c.request; request != nil {
		c.request = nil
		c.sentNs = c.now()
		n, err := c.netConn.Write(request)
		c.wroteAny = n > 0
		if err != nil {
			return 0, err
		}
	}
	return c.netConn.Read(buffer)
}

// interrupt ends a Read that takes too long. It is called from another goroutine.
func (c *conn) interrupt() { _ = c.netConn.SetDeadline(time.Unix(1, 0)) }

// closedByPeer reports whether the close of the other side has arrived. Call it
// between two requests only.
func (c *conn) closedByPeer() bool {
	if c.raw == nil {
		return c.closedByPeerWithoutSocket()
	}
	closed := false
	err := c.raw.Control(func(fd uintptr) {
		var peeked [1]byte
		for {
			n, _, err := syscall.Recvfrom(int(fd), peeked[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			closed = err == nil && n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN)
			return
		}
	})
	return closed || err != nil
}

// closedByPeerWithoutSocket works because Read on a pipe checks for the close
// before the deadline.
func (c *conn) closedByPeerWithoutSocket() bool {
	_ = c.netConn.SetReadDeadline(time.Unix(1, 0))
	_, err := c.netConn.Read(make([]byte, 1))
	_ = c.netConn.SetReadDeadline(time.Time{})
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// awaitClose waits until the other side closes the connection, at most until the
// deadline. It discards what it receives.
func (c *conn) awaitClose(now func() int64, deadline int64) {
	var discarded [512]byte
	for left := deadline - now(); left > 0; left = deadline - now() {
		_ = c.netConn.SetReadDeadline(time.Now().Add(time.Duration(left)))
		_, err := c.netConn.Read(discarded[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		// An interrupt may have set an earlier deadline than ours; then read again.
	}
}

// close closes the connection. After an error it resets it: otherwise the port
// would be in use for another minute, and a server that answers wrongly would use
// up all ports.
func (c *conn) close(withReset bool) {
	if tcp, ok := c.netConn.(*net.TCPConn); ok && withReset {
		_ = tcp.SetLinger(0)
	}
	_ = c.netConn.Close()
	_ = c.finishWrite() // the close has ended the write
}
