package process

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// dup2 makes fd a duplicate of old. It uses dup3: newer ports have no dup2.
func dup2(old, fd int) error { return syscall.Dup3(old, fd, 0) }

const processCPUTimeID = 2 // CLOCK_PROCESS_CPUTIME_ID

// CPUNs returns the CPU time of all threads of this process. The clock has
// nanosecond resolution; getrusage has microseconds, and on some systems ticks.
func CPUNs() (ns int64, ok bool) { return readClock(processCPUTimeID) }

// CPUNsOf returns the CPU time of all threads of other processes together; unknown
// without any, or if one has ended. /proc/PID/stat would count in ticks of 10 ms.
func CPUNsOf(pids []int64) (ns int64, ok bool) {
	for _, pid := range pids {
		// clock_getcpuclockid(3): the CPU clock of another process.
		used, ok := readClock(^int32(pid)<<3 | processCPUTimeID)
		if !ok {
			return 0, false
		}
		ns += used
	}
	return ns, len(pids) > 0
}

// ThreadID returns the system's number of the calling thread.
func ThreadID() (id int, ok bool) { return unix.Gettid(), true }

func readClock(id int32) (ns int64, ok bool) {
	var t unix.Timespec
	err := unix.ClockGettime(id, &t)
	return t.Nano(), err == nil
}

// PeakBytes returns the peak resident size so far. It reads VmHWM, because
// ru_maxrss starts at the peak of the parent process.
func PeakBytes() (bytes int64, ok bool) { return readProc("status", "VmHWM:") }

// PSSBytes returns the current proportional set size: a page that n processes
// share counts 1/n. The kernel walks the page tables to compute it.
func PSSBytes() (bytes int64, ok bool) { return readProc("smaps_rollup", "Pss:") }

// VirtualBytes returns how much address space this process has reserved.
func VirtualBytes() (bytes int64, ok bool) { return readProc("status", "VmSize:") }

// kernelStack is the size of a thread's stack in the kernel, THREAD_SIZE. No file
// tells it for one process.
var kernelStack = map[string]int64{"amd64": 16 << 10, "arm64": 16 << 10}

// KernelBytes returns what the kernel holds for this process in page tables and
// thread stacks. It leaves out the kernel's small objects, such as task_struct.
func KernelBytes() (bytes int64, ok bool) {
	stack, known := kernelStack[runtime.GOARCH]
	tables, ok := readProc("status", "VmPTE:")
	threads, err := os.ReadDir("/proc/self/task")
	return tables + stack*int64(len(threads)), known && ok && err == nil
}

func readProc(file, key string) (int64, bool) {
	text, err := os.ReadFile("/proc/self/" + file)
	if err != nil {
		return 0, false
	}
	return parseStatus(text, key)
}

// parseStatus finds a line such as "VmHWM:	  1234 kB" and returns its value in
// bytes; kB means 1024 bytes.
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
