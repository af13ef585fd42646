package process

import (
	"slices"
	"testing"
)

func TestCPUListsAreWrittenAsRanges(t *testing.T) {
	for _, test := range []struct {
		cpus []int
		want string
	}{
		{nil, ""}, {[]int{1}, "1"}, {[]int{0, 1}, "0-1"}, {[]int{0, 1, 2, 5, 7, 8}, "0-2,5,7-8"}, {[]int{9}, "9"},
	} {
		isSet := func(cpu int) bool { return slices.Contains(test.cpus, cpu) }
		if got := formatCPUList(isSet, 10); got != test.want {
			t.Errorf("%v: found %q, expected %q", test.cpus, got, test.want)
		}
	}
}

func TestAllowedCPUsIsKnownOnLinux(t *testing.T) {
	if list, ok := AllowedCPUs(); !ok || list == "" {
		t.Errorf("found %q %t, expected a list", list, ok)
	}
}

func TestMovingAThreadLeavesItFree(t *testing.T) {
	before, ok := AllowedCPUs()
	if !ok {
		t.Skip("the affinity is unknown")
	}
	for cpu := range 2 {
		MoveTo(cpu)
	}
	MoveTo(1 << 9) // there is no such CPU
	if after, _ := AllowedCPUs(); after != before {
		t.Errorf("found %s, expected %s", after, before)
	}
}
