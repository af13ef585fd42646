package process

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// CPUs is the list of the processors that this process may run on, as "0-2,5".
func CPUs() (list string, ok bool) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return "", false
	}
	return listOf(set.IsSet, 8*len(set)*8), true
}

// listOf writes numbers below most as ranges, as the kernel does.
func listOf(has func(int) bool, most int) string {
	var ranges []string
	for first := 0; first < most; first++ {
		if !has(first) {
			continue
		}
		last := first
		for last+1 < most && has(last+1) {
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
