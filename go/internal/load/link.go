package load

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A link is an open connection that makes one request at a time: send takes the
// bytes, and the Read after it puts them on the wire before it waits.
//
// net.Conn would do with more work: a Read that follows a Write tries at once,
// finds nothing, and only then waits, which is a system call for nothing with
// every request. Waiting first needs care, because the poller tells of news
// once: it must be asked to forget what it told before the request goes out, and
// not after, or an answer that is quicker than that would be missed. RawConn.Read
// forgets before it calls its function the first time; so the write is made
// there.
type link struct {
	conn net.Conn
	raw  syscall.RawConn // nil: not a socket (a test's pipe)
	step func(fd uintptr) bool
	// overdue tells whether an expire is meant for the request under way.
	overdue func() bool

	unsent   []byte     // of the request, not yet written
	writing  chan error // a write that goes on beside the reading; nil: none
	into     []byte     // where the Read under way reads to
	n        int
	failed   error // of the system call, which RawConn.Read does not hand on
	wrote    bool  // something of the request was taken
	received bool  // something of the answer has come
	err      error // the first error of the wire itself; it sticks
}

func newLink(conn net.Conn, overdue func() bool) *link {
	l := &link{conn: conn, overdue: overdue}
	if socket, ok := conn.(syscall.Conn); ok {
		if raw, err := socket.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
	l.step = l.attempt
	return l
}

// send takes a request, which must not change until its answer was read.
func (l *link) send(request []byte) {
	l.unsent = request
	l.wrote, l.received = false, false
}

// Read reads of the answer what is there, and waits if nothing is.
func (l *link) Read(into []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if len(into) == 0 {
		return 0, nil
	}
	for {
		n, err := l.read(into)
		if n > 0 {
			l.received = true
			return n, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || l.overdue() {
			l.err = err
			return 0, err
		}
		// The watch found the request before this one late, which then was just in
		// time. What it did is undone.
		_ = l.conn.SetDeadline(time.Time{})
	}
}

func (l *link) read(into []byte) (int, error) {
	if l.raw == nil {
		return l.readPlainly(into)
	}
	l.into, l.n, l.failed = into, 0, nil
	err := l.raw.Read(l.step)
	l.into = nil
	if l.failed != nil {
		err = l.failed
	}
	return l.n, err
}

// attempt is called by the poller's wait, first at once and then with each piece
// of news; true ends the wait.
func (l *link) attempt(fd uintptr) bool {
	if l.unsent != nil {
		return !l.write(int(fd))
	}
	for {
		n, err := syscall.Read(int(fd), l.into)
		switch {
		case n > 0:
			l.n = n
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false
		case err != nil:
			l.failed = err
		default:
			l.failed = io.EOF
		}
		return true
	}
}

// write writes the request and tells whether that went well so far.
func (l *link) write(fd int) bool {
	rest := l.unsent
	l.unsent = nil
	for {
		n, err := syscall.Write(fd, rest)
		l.wrote = l.wrote || n > 0
		switch {
		case n == len(rest):
			return true
		case n > 0:
			rest = rest[n:]
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			// The buffers are full. The server may be waiting in turn for us to read
			// its answer, so both must go on at the same time.
			l.wrote = true // or will be; what is as large as this was sent in part
			l.writing = make(chan error, 1)
			go func() { l.writing <- l.writeRest(rest) }()
			return true
		default:
			l.failed = err
			return false
		}
	}
}

func (l *link) writeRest(rest []byte) error {
	for {
		n, err := l.conn.Write(rest)
		if !errors.Is(err, os.ErrDeadlineExceeded) || l.overdue() {
			return err
		}
		rest = rest[n:]
		_ = l.conn.SetDeadline(time.Time{})
	}
}

// settle ends an exchange: nothing of its request may be still on its way.
func (l *link) settle() error {
	if l.writing == nil {
		return nil
	}
	err := <-l.writing
	l.writing = nil
	if err != nil && l.err == nil {
		l.err = err
	}
	return err
}

func (l *link) readPlainly(into []byte) (int, error) {
	if rest := l.unsent; rest != nil {
		l.unsent = nil
		n, err := l.conn.Write(rest)
		l.wrote = n > 0
		if err != nil {
			return 0, err
		}
	}
	return l.conn.Read(into)
}

// expire ends a wait that takes too long, from another goroutine.
func (l *link) expire() { _ = l.conn.SetDeadline(time.Unix(1, 0)) }

// isClosed tells whether the other side has closed the connection, as far as is
// known here. It must be called between two requests.
func (l *link) isClosed() bool {
	if l.raw == nil {
		return l.isClosedPlainly()
	}
	closed := false
	err := l.raw.Control(func(fd uintptr) {
		var byte [1]byte
		for {
			n, _, err := syscall.Recvfrom(int(fd), byte[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			closed = err == nil && n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN)
			return
		}
	})
	return closed || err != nil
}

// isClosedPlainly asks a pipe, whose Read sees first that it is closed and then
// that its time is over.
func (l *link) isClosedPlainly() bool {
	_ = l.conn.SetReadDeadline(time.Unix(1, 0))
	_, err := l.conn.Read(make([]byte, 1))
	_ = l.conn.SetReadDeadline(time.Time{})
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// awaitClose waits until the other side closes the connection, or until the
// limit.
func (l *link) awaitClose(now func() int64, limit int64) {
	var rest [512]byte // what nobody asked for
	for left := limit - now(); left > 0; left = limit - now() {
		_ = l.conn.SetReadDeadline(time.Now().Add(time.Duration(left)))
		_, err := l.conn.Read(rest[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		// A deadline that the watch over late answers has set may come before ours.
	}
}

// close closes the connection. One that is given up is reset: it must not hold
// its port for a minute, or a server that answers wrongly would use them all up.
func (l *link) close(giveUp bool) {
	if tcp, ok := l.conn.(*net.TCPConn); ok && giveUp {
		_ = tcp.SetLinger(0)
	}
	_ = l.conn.Close()
	_ = l.settle() // which the closing has ended
}
