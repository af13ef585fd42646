//go:build !linux

package load

import "time"

// runtimeTimer uses a timer of the Go runtime, the most precise one here.
type runtimeTimer struct{ timer *time.Timer }

func newSystemTimer() (systemTimer, error) {
	return &runtimeTimer{time.NewTimer(time.Hour)}, nil
}

func (t *runtimeTimer) set(ns int64) { t.timer.Reset(time.Duration(ns)) }

func (t *runtimeTimer) wait(expired func()) {
	for range t.timer.C {
		expired()
	}
}
