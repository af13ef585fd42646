package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"loombench/internal/protocol"
	"loombench/internal/work"
)

// A testPrepared writes down what is called.
type testPrepared struct {
	*testSession
	log      *[]string
	runErr   error
	closeErr error
}

func (p testPrepared) Run(_ context.Context, params work.Params, _ *work.Probe) (any, error) {
	*p.log = append(*p.log, "run")
	p.clock += 10
	return params.Int("n"), p.runErr
}

func (p testPrepared) Close() error {
	*p.log = append(*p.log, "close")
	p.clock += 1_000
	return p.closeErr
}

func TestEachCaseIsPreparedOnceOutsideTheClockAndClosed(t *testing.T) {
	for _, test := range []struct {
		name, kinds, log             string
		prepareErr, runErr, closeErr error
	}{
		{"all is well", "started sample sample outcome sample sample outcome finished",
			"prepare 1 run run close prepare 2 run run close", nil, nil, nil},
		{"preparing fails", "started error error finished", "prepare 1 prepare 2", errors.New("full"), nil, nil},
		{"a call fails", "started error error finished", "prepare 1 run close prepare 2 run close", nil, errors.New("full"), nil},
		{"closing fails", "started sample sample error sample sample error finished",
			"prepare 1 run run close prepare 2 run run close", nil, nil, errors.New("full")},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, log := newTestSession(), []string{}
			prepare := func(_ context.Context, p work.Params) (work.Prepared, error) {
				log = append(log, fmt.Sprint("prepare ", p.Int("n")))
				s.clock += 1_000
				if test.prepareErr != nil {
					return nil, test.prepareErr
				}
				return testPrepared{s, &log, test.runErr, test.closeErr}, nil
			}
			request := protocol.Request{Cases: []protocol.Case{preparedCase("a", 1), preparedCase("b", 2)}}
			records := s.runPrepared(t, prepare, request)
			expect(t, "kinds", kinds(records), test.kinds)
			expect(t, "calls", strings.Join(log, " "), test.log)
			for _, sample := range ofKind("sample", records) {
				if sample["elapsed_ns"] != 10.0 {
					t.Errorf("found %v, expected 10 ns: only calls are timed", sample)
				}
			}
			for _, failed := range ofKind("error", records) {
				expect(t, "message", failed["message"].(string), "full")
			}
		})
	}
}

func preparedCase(id string, n int64) protocol.Case {
	c := singleSample(id)
	c.Params = map[string]any{"n": n}
	c.Iterations = 2
	return c
}
