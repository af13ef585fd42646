package load

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// A client sends its share of the load over one connection, one request at a time,
// and reconnects when the connection breaks.
type client struct {
	g      *Generator
	index  int64
	app    application
	counts counters

	conn   *conn // nil: not connected
	used   bool  // the connection has carried a response
	failed bool  // the connection broke or a request failed, at least once
	freeNs int64 // when the connection was opened, or its last response was complete

	// These are read by the goroutine that looks for overdue responses.
	watched   atomic.Pointer[conn]
	startedNs atomic.Int64 // when the current request was about to be sent; 0: no request
}

// A window is the part of a phase that clients need to know. Times are those of
// the generator's clock.
type window struct {
	start    int64
	end      int64 // no request is sent after it, and no later response counts
	requests int64 // closed loop: if above 0, the phase ends after as many requests instead
	least    int64 // closed loop: responses that a connection waits for, even after the end
	schedule schedule
	openLoop bool
	drains   bool // a connection that the server closes is not reopened
}

// runClosed sends each request after the response to the previous one.
func (c *client) runClosed(w window) {
	for n := int64(0); w.requests == 0 || n < w.requests; n++ {
		deadline := w.end
		if n < max(w.requests, w.least) {
			deadline = c.g.Now() + c.g.request.ConnectTimeout
		}
		if !c.ensureConnected(deadline) {
			break
		}
		started := c.g.Now()
		if started >= w.end && n >= w.least {
			break
		}
		if sent, done, ok := c.exchange(started, w); ok {
			c.recordResponse(sample{latency: done - sent}, done, w)
		}
	}
	c.flushSamples(w)
}

// runOpen sends each request when it is due, or as soon afterwards as the
// connection is free.
func (c *client) runOpen(w window) {
	for n := c.index; n < w.schedule.count(); n += c.stride() {
		// Connect before the request is due: connecting must not count as lateness.
		if !c.ensureConnected(w.end) {
			c.counts.unsent += c.remaining(n, w)
			break
		}
		intended, free := c.waitUntilDue(n, w)
		started := c.g.Now()
		if started >= w.end {
			c.counts.unsent += c.remaining(n, w)
			break
		}
		if sent, done, ok := c.exchange(started, w); ok {
			c.recordResponse(openSample(intended, free, sent, done), done, w)
		}
	}
	c.flushSamples(w)
}

// runDrain sends requests as runOpen does, until the server closes the connection.
// It does not reconnect.
func (c *client) runDrain(w window) {
	for n := c.index; n < w.schedule.count(); n += c.stride() {
		if c.conn == nil {
			c.counts.unsent += c.remaining(n, w)
			break
		}
		intended, free := c.waitUntilDue(n, w)
		started := c.g.Now()
		if started >= w.end || c.conn.closedByPeer() {
			c.counts.unsent += c.remaining(n, w)
			break
		}
		keepAlive, err := c.roundTrip(started)
		if err == nil {
			done := c.noteFree()
			c.recordResponse(openSample(intended, free, c.conn.sentNs, done), done, w)
		} else {
			c.countDrainError(err)
		}
		if !keepAlive {
			c.disconnect(err != nil)
		}
	}
	c.flushSamples(w)
	if c.conn != nil {
		c.conn.awaitClose(c.g.Now, w.end)
		c.disconnect(false)
	}
	c.counts.lastNs = c.g.Now()
}

// countDrainError counts a request that failed while the server drains.
func (c *client) countDrainError(err error) {
	switch {
	case !c.conn.wroteAny: // the server closed the connection before the request
		c.counts.unsent++
	case c.conn.err != nil:
		c.counts.errors[lost]++
	default:
		c.counts.errors[c.classify(err)]++
		c.failed = true
	}
}

// stride is the distance between the requests of one client in the schedule.
func (c *client) stride() int64 { return int64(len(c.g.clients)) }

// remaining returns how many requests of this client are left, starting with
// request n.
func (c *client) remaining(n int64, w window) int64 {
	return (w.schedule.count() - n + c.stride() - 1) / c.stride()
}

// waitUntilDue waits until request n is due. free reports whether the connection
// could carry it by then.
func (c *client) waitUntilDue(n int64, w window) (intended int64, free bool) {
	intended = w.start + w.schedule.dueNs(n)
	if c.g.Now() < intended {
		c.g.SleepUntil(int(c.index), intended)
	}
	return intended, c.freeNs <= intended
}

// openSample returns the times of a response in an open loop. Where the connection
// was free when the request was due, sending late is the generator's fault: latency
// counts from sending. Where the server still owed a response, it counts from the
// time when the request was due, and the lateness of sending is unknown.
func openSample(intended int64, free bool, sent, done int64) sample {
	if !free {
		return sample{latency: done - intended, service: done - sent, late: unknownLateness}
	}
	return sample{latency: done - sent, service: done - sent, late: sent - intended}
}

// exchange sends a request and reads its response. sent is the time right before
// the first bytes went out, done the time when the response was found correct. An
// error is counted, and the connection is closed.
func (c *client) exchange(started int64, w window) (sent, done int64, ok bool) {
	keepAlive, err := c.roundTrip(started)
	sent = max(started, c.conn.sentNs) // if nothing was sent, that is an earlier time
	if err != nil && c.closedWhileIdle() && c.reconnect(w) {
		// A server may close an idle keep-alive connection. Every HTTP client then sends
		// the request again, and so does this one. The time counts towards the latency.
		keepAlive, err = c.roundTrip(started)
	}
	if err != nil {
		c.counts.errors[c.classify(err)]++
		c.abandon()
		return 0, 0, false
	}
	if !keepAlive {
		c.failed = true
		c.disconnect(false)
	}
	return sent, c.noteFree(), true
}

// noteFree records that the connection can carry the next request from now on.
func (c *client) noteFree() (now int64) {
	c.freeNs = c.g.Now()
	return c.freeNs
}

// roundTrip sends a request and reads its response. keepAlive reports whether the
// connection can be used for another request.
func (c *client) roundTrip(started int64) (keepAlive bool, err error) {
	c.startedNs.Store(max(started, 1))
	defer c.startedNs.Store(0)
	c.conn.send(c.app.nextRequest())
	keepAlive, err = c.app.readResponse(c.conn)
	if err == nil {
		err = c.conn.finishWrite()
	}
	if err != nil {
		return false, err
	}
	c.used = true
	return keepAlive, nil
}

// closedWhileIdle reports whether the last round trip failed because the server
// had closed an idle connection, which it was allowed to do.
func (c *client) closedWhileIdle() bool {
	return c.app.serverMayClose() && c.used && !c.conn.receivedAny &&
		c.conn.err != nil && !errors.Is(c.conn.err, os.ErrDeadlineExceeded)
}

func (c *client) reconnect(w window) bool {
	c.abandon()
	return c.ensureConnected(min(w.end, c.g.Now()+c.g.request.ConnectTimeout))
}

// classify returns the kind of a failed round trip. Errors of the connection come
// first: a parser reports a truncated response as malformed.
func (c *client) classify(err error) errorKind {
	switch {
	case c.conn == nil:
		return reset // closed while idle, and reconnecting failed
	case errors.Is(c.conn.err, os.ErrDeadlineExceeded):
		return timeout
	case c.conn.err != nil:
		return reset
	case errors.Is(err, errStatus):
		return status
	}
	return wrong
}

// recordResponse counts a correct response.
func (c *client) recordResponse(s sample, done int64, w window) {
	if done > w.end && c.counts.requests >= w.least {
		c.counts.unfinished++
		return
	}
	c.counts.requests++
	c.counts.lastNs = done
	c.counts.samples = append(c.counts.samples, s)
	if len(c.counts.samples) == cap(c.counts.samples) {
		c.flushSamples(w)
	}
}

func (c *client) flushSamples(w window) {
	c.g.recorder.record(c.counts.samples, w.openLoop)
	c.counts.samples = c.counts.samples[:0]
}

// ensureConnected opens the connection if it is closed, and retries until the
// deadline. It reports whether the connection is open.
func (c *client) ensureConnected(deadline int64) bool {
	if c.conn != nil {
		return true
	}
	delay := firstRetryDelay
	for c.g.Now() < deadline {
		err := c.dial(deadline)
		if err == nil {
			c.counts.reconnects++
			return true
		}
		c.failed = true
		if isTimeout(err) {
			c.counts.errors[timeout]++
		} else {
			c.counts.errors[refused]++
		}
		// Retrying without a delay would measure how fast the kernel refuses, and would
		// take CPU time from the connected clients.
		c.g.Sleep(min(delay, time.Duration(deadline-c.g.Now())))
		delay = min(2*delay, maxRetryDelay)
	}
	return false
}

// The delays between attempts to connect double from the first to the longest.
const (
	firstRetryDelay = time.Millisecond
	maxRetryDelay   = 100 * time.Millisecond
)

// dial opens the connection before the deadline.
func (c *client) dial(deadline int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(deadline-c.g.Now()))
	defer cancel()
	netConn, err := c.g.Dial(ctx)
	if err != nil {
		return err
	}
	c.conn = newConn(netConn, c.isOverdue, c.g.Now)
	c.used = false
	c.noteFree()
	c.app.reset()
	c.watched.Store(c.conn)
	return nil
}

func isTimeout(err error) bool {
	var timeoutErr interface{ Timeout() bool }
	return errors.As(err, &timeoutErr) && timeoutErr.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// disconnect closes the connection. ensureConnected opens a new one.
func (c *client) disconnect(withReset bool) {
	c.watched.Store(nil)
	c.conn.close(withReset)
	c.conn = nil
}

// abandon resets the connection after an error.
func (c *client) abandon() {
	c.failed = true
	if c.conn != nil {
		c.disconnect(true)
	}
}

// isOverdue reports whether the current request has exceeded the answer timeout.
func (c *client) isOverdue() bool {
	started := c.startedNs.Load()
	return started != 0 && c.g.Now()-started >= c.g.request.AnswerTimeout
}

// interruptIfOverdue ends the wait for an overdue response. Checking all clients
// now and then costs each request two atomic stores; a deadline for each request
// would cost a timer.
func (c *client) interruptIfOverdue() {
	if conn := c.watched.Load(); conn != nil && c.isOverdue() {
		conn.interrupt()
	}
}
