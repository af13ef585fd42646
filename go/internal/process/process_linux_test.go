package process

import "testing"

func TestParseStatusReadsKibibytes(t *testing.T) {
	text := []byte("Name:\trunner\nVmHWM:\t    1234 kB\nVmRSS:\t    1000 kB\nThreads:\t5\n")
	if got, ok := parseStatus(text, "VmHWM:"); !ok || got != 1234*1024 {
		t.Errorf("found %d %t, expected %d true", got, ok, 1234*1024)
	}
	for _, key := range []string{"VmPeak:", "Threads:", "Name:"} {
		if got, ok := parseStatus(text, key); ok {
			t.Errorf("%s: found %d, expected not known", key, got)
		}
	}
}

func TestUsageKnowsEverythingOnLinux(t *testing.T) {
	usage := Usage()
	for _, name := range []string{
		"peak_bytes", "user_ns", "system_ns", "voluntary_switches", "involuntary_switches",
		"minor_faults", "major_faults", "gc_collections",
	} {
		if n, ok := usage[name]; !ok || n < 0 {
			t.Errorf("%s: found %d %t, expected a number", name, n, ok)
		}
	}
	if usage["peak_bytes"] == 0 {
		t.Error("peak_bytes: found 0, expected more")
	}
}

func TestProcessorTimeNeverRunsBackwards(t *testing.T) {
	before, ok := CPUNs()
	after, ok2 := CPUNs()
	if !ok || !ok2 || before <= 0 || after < before {
		t.Errorf("found %d then %d, expected positive and not less", before, after)
	}
}
