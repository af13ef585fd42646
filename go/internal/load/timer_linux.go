package load

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fileTimer is a timerfd. Its wait needs no read: setting it again takes back
// that it has expired, and the poller tells of each expiry anew.
type fileTimer struct {
	file *os.File // keeps fd open
	fd   int
	raw  syscall.RawConn
}

func newTimer() (timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	file := os.NewFile(uintptr(fd), "timer") // which is not blocking, and so is polled
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	return &fileTimer{file, fd, raw}, nil
}

func (t *fileTimer) set(ns int64) {
	next := unix.ItimerSpec{Value: unix.NsecToTimespec(ns)}
	if err := unix.TimerfdSettime(t.fd, 0, &next, nil); err != nil {
		panic(fmt.Sprintf("timerfd_settime(%d): %v", ns, err)) // it takes every time above 0
	}
}

func (t *fileTimer) wait(expired func()) {
	_ = t.raw.Read(func(uintptr) bool {
		expired()
		return false // go on waiting
	})
}
