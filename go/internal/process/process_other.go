//go:build !linux

package process

import "syscall"

// dup2 makes fd a duplicate of old.
func dup2(old, fd int) error { return syscall.Dup2(old, fd) }

// CPUNs returns the CPU time of all threads of this process.
func CPUNs() (ns int64, ok bool) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return u.Utime.Nano() + u.Stime.Nano(), true
}

// CPUNsOf returns the CPU time of other processes; unknown on this system.
func CPUNsOf([]int64) (ns int64, ok bool) { return 0, false }

// ThreadID returns the system's number of the calling thread; unknown on this system.
func ThreadID() (id int, ok bool) { return 0, false }

// PeakBytes returns the peak resident size so far; unknown on this system, where
// ru_maxrss starts at the peak of the parent process.
func PeakBytes() (bytes int64, ok bool) { return 0, false }

// PSSBytes returns the current proportional set size; unknown on this system.
func PSSBytes() (bytes int64, ok bool) { return 0, false }

// KernelBytes returns the memory that the kernel holds for this process; unknown on
// this system.
func KernelBytes() (bytes int64, ok bool) { return 0, false }

// VirtualBytes returns how much address space this process has reserved; unknown
// on this system.
func VirtualBytes() (bytes int64, ok bool) { return 0, false }
