// Package process is the runner's view of itself as an operating system's
// process: its standard streams, its processor time, its memory. What differs
// between systems is in the small files.
package process

import (
	"fmt"
	"os"
	"syscall"
)

// TakeStdio moves standard input and output aside and returns them. After it,
// file descriptor 0 reads as empty and 1 writes to standard error, for this
// process and for what it starts; only the files returned reach the harness.
//
// The streams stay blocking: the thread that waits in read(2) costs the
// scheduler nothing, and the descriptor's flags are shared with other processes.
func TakeStdio() (stdin, stdout *os.File, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	if stdin, err = moveAside(0, int(null.Fd()), "stdin"); err != nil {
		return nil, nil, err
	}
	if stdout, err = moveAside(1, 2, "stdout"); err != nil {
		return nil, nil, err
	}
	return stdin, stdout, nil
}

// moveAside duplicates fd, close-on-exec, and puts instead in its place.
func moveAside(fd, instead int, name string) (*os.File, error) {
	syscall.ForkLock.RLock() // no child may be born between the two calls
	aside, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(aside)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("moving %s aside: %w", name, err)
	}
	if err := replace(instead, fd); err != nil {
		return nil, fmt.Errorf("replacing %s: %w", name, err)
	}
	return os.NewFile(uintptr(aside), name), nil
}
