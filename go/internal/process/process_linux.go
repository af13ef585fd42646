package process

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// replace makes fd a duplicate of old. Not dup2, which newer ports lack.
func replace(old, fd int) error { return syscall.Dup3(old, fd, 0) }

// CPUNs is the processor time of all threads of this process. The clock counts
// nanoseconds, where getrusage counts microseconds and may count ticks.
func CPUNs() (ns int64, ok bool) {
	const processCPUTimeID = 2 // CLOCK_PROCESS_CPUTIME_ID
	var t syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processCPUTimeID, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano(), errno == 0
}

// PeakBytes is the largest resident size so far. VmHWM, because ru_maxrss starts
// at the peak of the parent.
func PeakBytes() (bytes int64, ok bool) { return read("status", "VmHWM:") }

// PSSBytes is the proportional size now: a page that n processes share counts
// 1/n. The kernel walks the page tables for it.
func PSSBytes() (bytes int64, ok bool) { return read("smaps_rollup", "Pss:") }

// VirtualBytes is how much of its address space this process has reserved.
func VirtualBytes() (bytes int64, ok bool) { return read("status", "VmSize:") }

func read(file, key string) (int64, bool) {
	text, err := os.ReadFile("/proc/self/" + file)
	if err != nil {
		return 0, false
	}
	return parseStatus(text, key)
}

// parseStatus finds a line such as "VmHWM:	  1234 kB", where kB means 1024.
func parseStatus(text []byte, key string) (int64, bool) {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == key && string(fields[2]) == "kB" {
			n, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return n * 1024, err == nil
		}
	}
	return 0, false
}
