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

func TestErrorsAreCountedAndTheConnectionGoesOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		serve  server
		errors string
	}{
		// Each connection is good for two answers, and the third goes wrong.
		{"wrong bytes", answering(func(n int, message []byte) []byte {
			message[len(message)/2] ^= byte(n / 2)
			return message
		}), "map[wrong:3]"},
		{"the answer before", func(conn net.Conn) {
			var before []byte
			answering(func(n int, message []byte) []byte {
				answer := message
				if n == 2 {
					answer = before
				}
				before = bytes.Clone(message)
				return answer
			})(conn)
		}, "map[wrong:3]"},
		{"half an answer", answering(func(n int, message []byte) []byte {
			return message[:len(message)-50*min(n/2, 1)]
		}), "map[timeout:3]"},
		{"closes", answering(func(n int, message []byte) []byte {
			if n == 2 {
				return nil
			}
			return message
		}), "map[reset:3]"},
		{"answers late", answering(func(n int, message []byte) []byte {
			time.Sleep(time.Duration(n/2) * 2 * time.Second)
			return message
		}), "map[timeout:3]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t, request(1, counted(9)), piped(test.serve))
				time.Sleep(time.Minute) // of the bubble's clock: the servers see that nobody is there
				p := r.phases[0]
				expect(t, "answers", p.Requests, 6)
				expect(t, "errors", fmt.Sprint(p.Errors), test.errors)
				expect(t, "reconnects", p.Reconnects, 2) // after the third nothing is left to ask
				expect(t, "served", r.served, 0)
			})
		})
	}
}

func TestAnAnswerThatIsJustInTimeIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, request(3, counted(20)), piped(taking(time.Second-1)))
		expect(t, "answers", r.phases[0].Requests, 60)
		expect(t, "served", r.served, 3)
	})
}

func TestAServerThatIsGoneIsTriedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		once := piped(answering(func(int, []byte) []byte { return nil }))
		r := run(t, request(1, closed(time.Second)), func(ctx context.Context) (net.Conn, error) {
			if dials++; dials == 1 {
				return once(ctx)
			}
			return nil, syscall.ECONNREFUSED
		})
		p := r.phases[0]
		// After 0, 1, 3, 7, ... 127 and 227 ms, and then every 100 ms below a second.
		expect(t, "errors", fmt.Sprint(p.Errors), "map[refused:16 reset:1]")
		expect(t, "answers", p.Requests, 0)
		expect(t, "served", r.served, 0)
	})
}

func TestAServerThatCannotBeReachedIsOneClearRefusal(t *testing.T) {
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
			good := piped(taking(0))
			r := run(t, request(4, counted(1)), func(ctx context.Context) (net.Conn, error) {
				if dials.Add(1) <= 3 {
					return good(ctx)
				}
				return nil, test.err
			})
			var refusal *Refusal
			if !errors.As(r.err, &refusal) {
				t.Fatalf("found %v, expected a refusal", r.err)
			}
			expect(t, "kinds", r.kinds, "started")
			expect(t, "reason", refusal.Reason, test.reason)
			expect(t, "message", refusal.Message, test.want)
		})
	}
}

func TestAServerThatIsStillStartingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		good := piped(taking(time.Millisecond))
		r := run(t, request(4, counted(1)), func(ctx context.Context) (net.Conn, error) {
			if time.Since(began) < time.Second/2 {
				return nil, syscall.ECONNREFUSED
			}
			return good(ctx)
		})
		expect(t, "error", r.err, nil)
		expect(t, "served", r.served, 4)
	})
}
