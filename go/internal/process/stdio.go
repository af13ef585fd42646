// Package process reads and changes this process's own state in the operating
// system: standard streams, CPU time, memory, limits. The _linux and _other files
// hold what differs between systems.
package process

import (
	"fmt"
	"os"
	"syscall"
)

// RedirectStdio returns duplicates of standard input and output, and redirects
// the originals: file descriptor 0 then reads as empty and 1 writes to standard
// error, in this process and in its children. Only the returned files reach the
// harness.
//
// The streams stay blocking: a thread waiting in read(2) costs the scheduler
// nothing, and other processes share the descriptor's flags.
func RedirectStdio() (stdin, stdout *os.File, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	if stdin, err = redirect(0, int(null.Fd()), "stdin"); err != nil {
		return nil, nil, err
	}
	if stdout, err = redirect(1, 2, "stdout"); err != nil {
		return nil, nil, err
	}
	return stdin, stdout, nil
}

// redirect makes fd a duplicate of target. It returns a close-on-exec duplicate of
// what fd was before.
func redirect(fd, target int, name string) (*os.File, error) {
	syscall.ForkLock.RLock() // no fork between dup and close-on-exec
	saved, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(saved)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("duplicating %s: %w", name, err)
	}
	if err := dup2(target, fd); err != nil {
		return nil, fmt.Errorf("redirecting %s: %w", name, err)
	}
	return os.NewFile(uintptr(saved), name), nil
}
