//go:build !linux

package process

import "syscall"

func replace(old, fd int) error { return syscall.Dup2(old, fd) }

// CPUNs is the processor time of all threads of this process.
func CPUNs() (ns int64, ok bool) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return u.Utime.Nano() + u.Stime.Nano(), true
}

// PeakBytes is the largest resident size so far, which is not known here:
// ru_maxrss starts at the peak of the parent.
func PeakBytes() (bytes int64, ok bool) { return 0, false }

// PSSBytes is the proportional size now, which is not known here.
func PSSBytes() (bytes int64, ok bool) { return 0, false }

// VirtualBytes is how much of its address space this process has reserved, which
// is not known here.
func VirtualBytes() (bytes int64, ok bool) { return 0, false }
