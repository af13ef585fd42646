package load

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// timerFD is a timerfd. It is never read: setting it clears an earlier expiry, and
// the poller reports every new one.
type timerFD struct {
	file *os.File // keeps fd open
	fd   int
	raw  syscall.RawConn
}

func newSystemTimer() (systemTimer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	file := os.NewFile(uintptr(fd), "timer") // non-blocking, so the runtime polls it
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	return &timerFD{file, fd, raw}, nil
}

func (t *timerFD) set(ns int64) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(ns)}
	if err := unix.TimerfdSettime(t.fd, 0, &spec, nil); err != nil {
		panic(fmt.Sprintf("timerfd_settime(%d): %v", ns, err)) // cannot happen: every time above 0 is valid
	}
}

func (t *timerFD) wait(expired func()) {
	_ = t.raw.Read(func(uintptr) bool {
		expired()
		return false // wait for the next expiry
	})
}
