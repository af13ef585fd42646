package process

import (
	"math"
	"runtime"
	"syscall"
)

// Usage is what this process has used so far, under the names of the protocol's
// `finished`; what is not known is left out. It stops the world for a moment, so
// it is for the end of a trial.
func Usage() map[string]int64 {
	usage := make(map[string]int64)
	if peak, ok := PeakBytes(); ok {
		usage["peak_bytes"] = peak
	}
	if pss, ok := PSSBytes(); ok {
		usage["pss_bytes"] = pss
		usage["pss_processes"] = 1 // the work is all in this one
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

// OpenFiles is how many files this process may have open. Go raises the soft
// limit to the hard one when a program starts, so there is nothing left to raise.
func OpenFiles() (most int64, ok bool) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0, false
	}
	return int64(min(uint64(limit.Cur), math.MaxInt64)), true
}
