//go:build !linux

package load

import "time"

// channelTimer is the runtime's: as good as it gets elsewhere.
type channelTimer struct{ timer *time.Timer }

func newTimer() (timer, error) {
	return &channelTimer{time.NewTimer(time.Hour)}, nil
}

func (t *channelTimer) set(ns int64) { t.timer.Reset(time.Duration(ns)) }

func (t *channelTimer) wait(expired func()) {
	for range t.timer.C {
		expired()
	}
}
