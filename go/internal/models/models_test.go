package models

import (
	"runtime"
	"testing"
	"time"
)

func TestSetUpSetsGOMAXPROCSAndFactsReportIt(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, test := range []struct {
		model string
		want  int
	}{{"go", before}, {"go-1cpu", 1}} {
		model, ok := Find(test.model)
		if !ok {
			t.Fatalf("%s: found nothing, expected a model", test.model)
		}
		model.SetUp()
		if got := Facts()["gomaxprocs"]; got != test.want {
			t.Errorf("%s: found gomaxprocs %v, expected %d", test.model, got, test.want)
		}
	}
}

func TestFindReturnsNothingForAnUnknownModel(t *testing.T) {
	if model, ok := Find("threads"); ok {
		t.Errorf("found %q, expected nothing", model.Name)
	}
}

func TestARunUpOnSeveralCPUsIsLonger(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	long := time.Hour.Nanoseconds()
	for asked, want := range map[int64]int64{0: 0, 1: untilSpread.Nanoseconds(), long: long} {
		if got := ExtendRunUp(asked); got != want {
			t.Errorf("asked for %d ns: found %d, expected %d", asked, got, want)
		}
	}
	runtime.GOMAXPROCS(1)
	if got := ExtendRunUp(1); got != 1 {
		t.Errorf("on one CPU: found %d ns, expected 1", got)
	}
}
