package models

import (
	"runtime"
	"testing"
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
