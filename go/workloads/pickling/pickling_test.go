package pickling

import (
	"testing"

	"loombench/internal/work"
)

func TestEveryCallSendsThePreparedPayload(t *testing.T) {
	const size = 1_000
	prepared, err := Prepare(t.Context(), work.Params{"bytes": size})
	if err != nil {
		t.Fatal(err)
	}
	for _, bytes := range []int{size, 10, size} { // the second is a run-up
		answer, err := prepared.Run(t.Context(), work.Params{"bytes": bytes}, nil)
		if err != nil || answer != 2*size {
			t.Errorf("%d bytes: found %v %v, expected %d", bytes, answer, err, 2*size)
		}
	}
}
