package offload

import (
	"runtime"
	"testing"

	"loombench/internal/process"
	"loombench/internal/work"
)

func TestEveryStepIsTakenOnAnotherThread(t *testing.T) {
	probe := work.NewProbe(nil)
	params := work.Params{"tasks": 3, "hops": 20}
	if answer, err := Run(t.Context(), params, probe); err != nil || answer != 60 {
		t.Errorf("found %v %v, expected 60", answer, err)
	}
	if away := probe.Observed()["away"]; away != 60 {
		t.Errorf("found %d steps away, expected 60", away)
	}
}

func TestAStepOnTheSameThreadIsNotAway(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, known := process.ThreadID()
	if !known {
		t.Skip("this system does not number its threads")
	}
	if isAway(here) || !isAway(here+1) {
		t.Error("found this thread away or another one here")
	}
}
