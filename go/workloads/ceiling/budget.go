package ceiling

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"loombench/internal/work"
)

const (
	near    = 1.05 // no other step is worth it if only 5% more would fit
	caution = 0.25 // of the room that is left, because tasks cost more the more there are
)

// A budget is the time to start tasks in, and the memory that all of them may hold.
type budget struct {
	p       work.Params
	probe   *work.Probe
	spent   time.Duration
	resumed time.Time
}

// newBudget fails unless twice the budget of memory is free: nothing else may run
// out of memory.
func newBudget(p work.Params, probe *work.Probe) (*budget, error) {
	wanted := 2 * int64(p.Int("memory_bytes"))
	free, err := freeMemory()
	if err != nil {
		return nil, err
	}
	if free < wanted {
		return nil, fmt.Errorf("free memory: found %d MiB, expected at least %d MiB, twice the budget: %w",
			free>>20, wanted>>20, errors.ErrUnsupported)
	}
	return &budget{p: p, probe: probe, resumed: time.Now()}, nil
}

// grow returns how many tasks should wait next; no more than now if something stops
// them. So many wait now. They count if the budgets were enough.
func (b *budget) grow(waiting int) int {
	b.spent += time.Since(b.resumed)
	defer func() { b.resumed = time.Now() }() // reading the memory takes none of the time
	held := b.probe.Parked(waiting)
	timeRoom := float64(b.p.Duration("time_ns")) / float64(max(1, b.spent))
	room := min(timeRoom, float64(b.p.Int("memory_bytes"))/float64(max(1, held)))
	allowed := b.p.Int("at_most")
	counted := 0
	if room >= 1 {
		counted = waiting
	}
	b.probe.Observe("most", counted)
	b.probe.Observe("spent_ns", int(b.spent))
	b.probe.Observe("held_bytes", int(held))
	b.probe.ObserveLeast("allowed", allowed)
	if room < near {
		return waiting
	}
	factor := min(2, 1+caution*(room-1))
	return min(allowed, max(waiting+1, int(float64(waiting)*factor)))
}

// freeMemory returns how much memory programs can get without swapping.
func freeMemory() (int64, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, fmt.Errorf("this system does not report its free memory: %w", errors.ErrUnsupported)
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == "MemAvailable:" {
			kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("this system does not report its free memory: %w", errors.ErrUnsupported)
}
