package registry

import (
	"cmp"
	"slices"
	"testing"
)

func TestImplementationsAreSortedAndDistinct(t *testing.T) {
	all := All()
	if len(all) == 0 {
		t.Fatal("found no implementations")
	}
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if cmp.Or(cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.Variant, b.Variant)) >= 0 {
			t.Errorf("found %s before %s, expected sorted and distinct entries", a.Source, b.Source)
		}
	}
	if slices.ContainsFunc(all, func(e Entry) bool { return (e.Run == nil) == (e.Prepare == nil) || e.Source == "" }) {
		t.Errorf("found %v, expected a function and a source for each", all)
	}
}
