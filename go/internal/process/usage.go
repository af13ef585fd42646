package process

import (
	"math"
	"runtime"
	"syscall"
)

// Usage returns what this process has used so far, under the names of the
// protocol's `finished` record. Unknown values are left out. It stops the world
// for a moment, so call it at the end of a trial only.
func Usage() map[string]int64 {
	usage := make(map[string]int64)
	if peak, ok := PeakBytes(); ok {
		usage["peak_bytes"] = peak
	}
	if pss, ok := PSSBytes(); ok {
		usage["pss_bytes"] = pss
		usage["pss_processes"] = 1 // a Go trial has no other process
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		usage["user_ns"] = u.Utime.Nano()
		usage["system_ns"] = u.Stime.Nano()
		usage["voluntary_switches"] = int64(u.Nvcsw)
		usage["involuntary_switches"] = int64(u.Nivcsw)
		usage["minor_faults"] = int64(u.Minflt)
		usage["major_faults"] = int64(u.Majflt)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	usage["gc_collections"] = int64(m.NumGC)
	return usage
}

// OpenFileLimit returns how many files this process may have open. Go raises the
// soft limit to the hard limit at program start, so nothing is left to raise.
func OpenFileLimit() (limit int64, ok bool) {
	var rlimit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &rlimit) != nil {
		return 0, false
	}
	return int64(min(uint64(rlimit.Cur), math.MaxInt64)), true
}
