package process

import (
	"os"
	"runtime"
	"sync"
	"testing"
)

func TestParseStatusReadsKibibytes(t *testing.T) {
	text := []byte("Name:\trunner\nVmHWM:\t    1234 kB\nVmRSS:\t    1000 kB\nThreads:\t5\n")
	if got, ok := parseStatus(text, "VmHWM:"); !ok || got != 1234*1024 {
		t.Errorf("found %d %t, expected %d true", got, ok, 1234*1024)
	}
	for _, key := range []string{"VmPeak:", "Threads:", "Name:"} {
		if got, ok := parseStatus(text, key); ok {
			t.Errorf("%s: found %d, expected unknown", key, got)
		}
	}
}

func TestParseStatusReadsTheProportionalSetSize(t *testing.T) {
	text := []byte("5500-7fff ---p 00000000 00:00 0    [rollup]\nRss:     2000 kB\nPss:      1500 kB\nPss_Dirty:   100 kB\n")
	if got, ok := parseStatus(text, "Pss:"); !ok || got != 1500*1024 {
		t.Errorf("found %d %t, expected %d true", got, ok, 1500*1024)
	}
}

func TestUsageIsCompleteOnLinux(t *testing.T) {
	usage := Usage()
	for _, name := range []string{
		"peak_bytes", "user_ns", "system_ns", "voluntary_switches", "involuntary_switches",
		"minor_faults", "major_faults", "gc_collections", "pss_bytes", "pss_processes",
	} {
		if n, ok := usage[name]; !ok || n < 0 {
			t.Errorf("%s: found %d %t, expected a number", name, n, ok)
		}
	}
	// The kernel counts resident pages in batches, so the peak may lag by a few pages.
	if pss, peak := usage["pss_bytes"], usage["peak_bytes"]; pss == 0 || pss > 2*peak {
		t.Errorf("pss_bytes: found %d, expected more than 0 and at most about peak_bytes, %d", pss, peak)
	}
}

func TestCPUTimeNeverDecreases(t *testing.T) {
	before, ok := CPUNs()
	after, ok2 := CPUNs()
	if !ok || !ok2 || before <= 0 || after < before {
		t.Errorf("found %d then %d, expected a positive number that does not decrease", before, after)
	}
}

func TestAThreadHasAStackInTheKernel(t *testing.T) {
	before, ok := KernelBytes()
	if !ok {
		t.Skip("the size of a kernel stack is unknown on this processor")
	}
	const threads = 20
	var started, ended sync.WaitGroup
	started.Add(threads)
	release := make(chan struct{})
	for range threads {
		ended.Go(func() {
			runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
			started.Done()
			<-release
		})
	}
	started.Wait()
	after, _ := KernelBytes()
	close(release)
	ended.Wait()
	if after-before < (threads-8)*16<<10 { // a few threads were there already, parked
		t.Errorf("found %d bytes more for %d threads, expected about 16 KiB each", after-before, threads)
	}
}

func TestTheCPUTimeOfOtherProcessesIsThatOfTheirOwnClocks(t *testing.T) {
	before, _ := CPUNs()
	found, ok := CPUNsOf([]int64{int64(os.Getpid())}) // the clock that others read
	after, _ := CPUNs()
	if !ok || found < before || found > after {
		t.Errorf("found %d %t, expected %d to %d", found, ok, before, after)
	}
	const noPID = 1<<22 + 1 // one more than the largest
	for _, unknown := range [][]int64{nil, {int64(os.Getpid()), noPID}} {
		if found, ok := CPUNsOf(unknown); ok {
			t.Errorf("%v: found %d, expected unknown", unknown, found)
		}
	}
}

func TestReservedMemoryIsAtLeastPSS(t *testing.T) {
	pss, ok := PSSBytes()
	virtual, ok2 := VirtualBytes()
	if !ok || !ok2 || pss <= 0 || virtual < pss {
		t.Errorf("found PSS %d and reserved %d bytes, expected PSS to be positive and not larger", pss, virtual)
	}
}
