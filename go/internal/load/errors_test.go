package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"loombench/internal/protocol"
)

func TestTheClientReconnectsAfterAnError(t *testing.T) {
	for _, test := range []struct {
		name   string
		serve  server
		errors string
	}{
		// The third response on each connection is an error.
		{"wrong bytes", echoing(func(n int, message []byte) []byte {
			message[len(message)/2] ^= byte(n / 2)
			return message
		}), "map[wrong:3]"},
		{"the previous response", func(conn net.Conn) {
			var previous []byte
			echoing(func(n int, message []byte) []byte {
				response := message
				if n == 2 {
					response = previous
				}
				previous = bytes.Clone(message)
				return response
			})(conn)
		}, "map[wrong:3]"},
		{"half a response", echoing(func(n int, message []byte) []byte {
			return message[:len(message)-50*min(n/2, 1)]
		}), "map[timeout:3]"},
		{"closes", echoing(func(n int, message []byte) []byte {
			if n == 2 {
				return nil
			}
			return message
		}), "map[reset:3]"},
		{"responds late", echoing(func(n int, message []byte) []byte {
			time.Sleep(time.Duration(n/2) * 2 * time.Second)
			return message
		}), "map[timeout:3]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t, echoRequest(1, countedPhase(9)), overPipes(test.serve))
				time.Sleep(time.Minute) // on the fake clock, until the servers notice that the client is gone
				p := r.phases[0]
				expect(t, "responses", p.Requests, 6)
				expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
				expect(t, "reconnects", p.Reconnects, 2) // no request is left after the third error
				expect(t, "served", r.served, 0)
			})
		})
	}
}

func TestAResponseJustBeforeTheTimeoutIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, echoRequest(3, countedPhase(20)), overPipes(echoAfter(time.Second-1)))
		expect(t, "responses", r.phases[0].Requests, 60)
		expect(t, "served", r.served, 3)
	})
}

func TestTheDelayBetweenReconnectsGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		closing := overPipes(echoing(func(int, []byte) []byte { return nil }))
		r := run(t, echoRequest(1, closedPhase(time.Second)), func(ctx context.Context) (net.Conn, error) {
			if dials++; dials == 1 {
				return closing(ctx)
			}
			return nil, syscall.ECONNREFUSED
		})
		p := r.phases[0]
		// Attempts after 0, 1, 3, 7, ... 127 and 227 ms, then every 100 ms up to 1 s.
		expect(t, "errors", fmt.Sprint(p.Errors), "map[refused:16 reset:1]")
		expect(t, "responses", p.Requests, 0)
		expect(t, "served", r.served, 0)
	})
}

func TestAnUnreachableServerIsAStartError(t *testing.T) {
	for _, test := range []struct {
		err    error
		reason protocol.Reason
		want   string
	}{
		{syscall.ECONNREFUSED, protocol.Refused, "connect: server: found connection refused after 1s with 3 open, expected 4 connections"},
		{context.DeadlineExceeded, protocol.TimedOut, "connect: server: found no answer after 1s with 3 open, expected 4 connections"},
		{syscall.EMFILE, protocol.Descriptors, "connect: server: found too many open files after 1s with 3 open, expected 4 connections"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var dials atomic.Int64
			good := overPipes(echoAfter(0))
			r := run(t, echoRequest(4, countedPhase(1)), func(ctx context.Context) (net.Conn, error) {
				if dials.Add(1) <= 3 {
					return good(ctx)
				}
				return nil, test.err
			})
			var startErr *StartError
			if !errors.As(r.err, &startErr) {
				t.Fatalf("found %v, expected a StartError", r.err)
			}
			expect(t, "kinds", r.kinds, "started")
			expect(t, "reason", startErr.Reason, test.reason)
			expect(t, "message", startErr.Message, test.want)
		})
	}
}

func TestAnAttemptThatTheDeadlineCutsOffDoesNotHideARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := run(t, echoRequest(4, countedPhase(1)), func(ctx context.Context) (net.Conn, error) {
			if time.Since(began) < 900*time.Millisecond {
				return nil, syscall.ECONNREFUSED
			}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		var startErr *StartError
		if !errors.As(r.err, &startErr) {
			t.Fatalf("found %v, expected a StartError", r.err)
		}
		expect(t, "reason", startErr.Reason, protocol.Refused)
	})
}

func TestConnectingIsRetriedWhileTheServerStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		good := overPipes(echoAfter(time.Millisecond))
		r := run(t, echoRequest(4, countedPhase(1)), func(ctx context.Context) (net.Conn, error) {
			if time.Since(began) < time.Second/2 {
				return nil, syscall.ECONNREFUSED
			}
			return good(ctx)
		})
		expect(t, "error", r.err, nil)
		expect(t, "served", r.served, 4)
	})
}
