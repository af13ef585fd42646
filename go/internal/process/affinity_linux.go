package process

import (
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// AllowedCPUs returns the CPUs in this process's affinity mask, such as "0-2,5".
func AllowedCPUs() (list string, ok bool) {
	var mask unix.CPUSet
	if unix.SchedGetaffinity(0, &mask) != nil {
		return "", false
	}
	return formatCPUList(mask.IsSet, 8*len(mask)*8), true
}

// MoveTo moves the calling thread to a CPU, without keeping it there.
func MoveTo(cpu int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var allowed, one unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil || !allowed.IsSet(cpu) {
		return
	}
	one.Set(cpu)
	if unix.SchedSetaffinity(0, &one) == nil { // a running thread moves at once
		_ = unix.SchedSetaffinity(0, &allowed) // it was set before
	}
}

// formatCPUList writes the CPUs below limit that are set as ranges, as the kernel
// does.
func formatCPUList(isSet func(int) bool, limit int) string {
	var ranges []string
	for first := 0; first < limit; first++ {
		if !isSet(first) {
			continue
		}
		last := first
		for last+1 < limit && isSet(last+1) {
			last++
		}
		if last == first {
			ranges = append(ranges, fmt.Sprint(first))
		} else {
			ranges = append(ranges, fmt.Sprintf("%d-%d", first, last))
		}
		first = last
	}
	return strings.Join(ranges, ",")
}
