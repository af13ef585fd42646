package load

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// A connection makes its share of the load, one request at a time, and comes
// back when it breaks.
type connection struct {
	g     *Generator
	index int64
	app   application
	tally tally

	link    *link // nil: not connected
	used    bool  // the link has carried an answer
	spoiled bool  // it broke, or an answer was not right

	// What the watch over late answers sees, from its own goroutine.
	watched atomic.Pointer[link]
	sent    atomic.Int64 // when the request under way was sent; 0: there is none
}

// A window is the part of a phase that connections need to know.
type window struct {
	start    int64
	end      int64 // closed: no request is sent after it, no answer counts that comes later
	requests int64 // closed: more than 0 stands instead of the end
	schedule schedule
	isOpen   bool
	drains   bool // a connection that was closed stays closed
}

// closed sends a request when the answer to the last has come.
func (c *connection) closed(w window) {
	for n := int64(0); w.requests == 0 || n < w.requests; n++ {
		limit := w.end
		if w.requests > 0 {
			limit = c.g.Now() + c.g.request.ConnectTimeout
		}
		if !c.connected(limit) {
			break
		}
		sent := c.g.Now()
		if sent >= w.end {
			break
		}
		done, ok := c.exchange(sent, w)
		if ok {
			c.count(sample{latency: done - sent}, done, w)
		}
	}
	c.handOver(w)
}

// open sends each request at its time, or as soon after it as the connection is
// free.
func (c *connection) open(w window) {
	for n := c.index; n < w.schedule.count(); n += c.step() {
		// Before the time, so that being connected is not part of the lateness.
		if !c.connected(w.end) {
			c.tally.unsent += c.left(n, w)
			break
		}
		intended, sent, late := c.await(n, w)
		if sent >= w.end {
			c.tally.unsent += c.left(n, w)
			break
		}
		if done, ok := c.exchange(sent, w); ok {
			c.count(sample{latency: done - intended, service: done - sent, late: late}, done, w)
		}
	}
	c.handOver(w)
}

// drain sends requests as open does, until the server closes the connection,
// which is not opened again.
func (c *connection) drain(w window) {
	for n := c.index; n < w.schedule.count(); n += c.step() {
		if c.link == nil {
			c.tally.unsent += c.left(n, w)
			break
		}
		intended, sent, late := c.await(n, w)
		if sent >= w.end || c.link.isClosed() {
			c.tally.unsent += c.left(n, w)
			break
		}
		keep, err := c.once(sent)
		switch {
		case err == nil:
			done := c.g.Now()
			c.count(sample{latency: done - intended, service: done - sent, late: late}, done, w)
		case !c.link.wrote: // it was closed while no request was under way
			c.tally.unsent++
		case c.link.err != nil:
			c.tally.errors[lost]++
		default:
			c.tally.errors[c.kindOf(err)]++
			c.spoiled = true
		}
		if !keep {
			c.drop(err != nil)
		}
	}
	c.handOver(w)
	if c.link != nil {
		c.link.awaitClose(c.g.Now, w.end)
		c.drop(false)
	}
	c.tally.lastNs = c.g.Now()
}

// step is how far apart the requests of a connection are among those of all.
func (c *connection) step() int64 { return int64(len(c.g.connections)) }

// left is how many requests this connection has from request n on.
func (c *connection) left(n int64, w window) int64 {
	return (w.schedule.count() - n + c.step() - 1) / c.step()
}

// await returns when request n is due: at once where that is over. How late it
// is sent is unknown then, since the connection was not free.
func (c *connection) await(n int64, w window) (intended, sent, late int64) {
	intended = w.start + w.schedule.at(n)
	if c.g.Now() > intended {
		return intended, c.g.Now(), unknown
	}
	c.g.SleepUntil(int(c.index), intended)
	sent = c.g.Now()
	return intended, sent, sent - intended
}

// exchange sends a request and reads its answer; done is when it was known to be
// right. What went wrong is counted, and the connection given up.
func (c *connection) exchange(sent int64, w window) (done int64, ok bool) {
	keep, err := c.once(sent)
	if err != nil && c.closedBetween() && c.reconnect(w) {
		// A server may close a connection that is kept alive while no request is
		// under way. Then the request is made again, as every HTTP client does, and
		// the time that this takes is part of the latency.
		keep, err = c.once(sent)
	}
	if err != nil {
		c.tally.errors[c.kindOf(err)]++
		c.giveUp()
		return 0, false
	}
	if !keep {
		c.spoiled = true
		c.drop(false)
	}
	return c.g.Now(), true
}

// once sends a request and reads its answer; keep tells whether the connection
// is good for another.
func (c *connection) once(sent int64) (keep bool, err error) {
	c.sent.Store(max(sent, 1))
	defer c.sent.Store(0)
	c.link.send(c.app.next())
	keep, err = c.app.answer(c.link)
	if err == nil {
		err = c.link.settle()
	}
	if err != nil {
		return false, err
	}
	c.used = true
	return keep, nil
}

// closedBetween tells whether the exchange that failed found the connection
// closed by a server which had the right to.
func (c *connection) closedBetween() bool {
	return c.app.mayClose() && c.used && !c.link.received &&
		c.link.err != nil && !errors.Is(c.link.err, os.ErrDeadlineExceeded)
}

func (c *connection) reconnect(w window) bool {
	c.giveUp()
	return c.connected(c.limit(w))
}

// kindOf tells how an exchange failed. What happened on the wire goes first: to
// a parser an answer that is cut short is a malformed one.
func (c *connection) kindOf(err error) failure {
	switch {
	case c.link == nil:
		return reset // closed between, and not to be opened again
	case errors.Is(c.link.err, os.ErrDeadlineExceeded):
		return timeout
	case c.link.err != nil:
		return reset
	case errors.Is(err, errStatus):
		return status
	}
	return wrong
}

// count counts a right answer: in its phase, or as one that came after it.
func (c *connection) count(s sample, done int64, w window) {
	if done > w.end {
		c.tally.unfinished++
		return
	}
	c.tally.requests++
	c.tally.lastNs = done
	c.tally.samples = append(c.tally.samples, s)
	if len(c.tally.samples) == cap(c.tally.samples) {
		c.handOver(w)
	}
}

func (c *connection) handOver(w window) {
	c.g.recorder.take(c.tally.samples, w.isOpen)
	c.tally.samples = c.tally.samples[:0]
}

// limit is until when a connection is tried to be had again.
func (c *connection) limit(w window) int64 {
	return min(w.end, c.g.Now()+c.g.request.ConnectTimeout)
}

// connected tells whether the connection is open, and opens it if need be and if
// that can be done before the limit.
func (c *connection) connected(limit int64) bool {
	if c.link != nil {
		return true
	}
	pause := firstPause
	for c.g.Now() < limit {
		err := c.dial(limit)
		if err == nil {
			c.tally.reconnects++
			return true
		}
		c.spoiled = true
		if isTimeout(err) {
			c.tally.errors[timeout]++
		} else {
			c.tally.errors[refused]++
		}
		// Again and again at once would measure the kernel's refusals, and take the
		// processor from those that are connected.
		c.g.Pause(min(pause, time.Duration(limit-c.g.Now())))
		pause = min(2*pause, longestPause)
	}
	return false
}

// How long a connection that is refused waits before it tries again.
const (
	firstPause   = time.Millisecond
	longestPause = 100 * time.Millisecond
)

// dial opens the connection before the limit.
func (c *connection) dial(limit int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(limit-c.g.Now()))
	defer cancel()
	conn, err := c.g.Dial(ctx)
	if err != nil {
		return err
	}
	c.link = newLink(conn, c.overdue)
	c.used = false
	c.app.reset()
	c.watched.Store(c.link)
	return nil
}

func isTimeout(err error) bool {
	var timed interface{ Timeout() bool }
	return errors.As(err, &timed) && timed.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// drop closes the connection. It is opened again when it is needed.
func (c *connection) drop(giveUp bool) {
	c.watched.Store(nil)
	c.link.close(giveUp)
	c.link = nil
}

func (c *connection) giveUp() {
	c.spoiled = true
	if c.link != nil {
		c.drop(true)
	}
}

// overdue tells whether the answer under way takes longer than it may.
func (c *connection) overdue() bool {
	sent := c.sent.Load()
	return sent != 0 && c.g.Now()-sent >= c.g.request.AnswerTimeout
}

// expire ends the wait for an answer that takes longer than it may. One look at
// all connections now and then costs a request two plain stores; a deadline of
// its own would cost it a timer.
func (c *connection) expire() {
	if link := c.watched.Load(); link != nil && c.overdue() {
		link.expire()
	}
}
