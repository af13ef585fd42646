// Package pickling sends bytes to the other side and back.
package pickling

import (
	"context"
	"hash/adler32"
	"math/rand/v2"

	"loombench/internal/work"
)

// A payload is bytes without a pattern, and what identifies them.
type payload struct {
	data     []byte
	checksum uint32
}

// Prepare makes the payload. Every call sends it, whatever the parameters of the call,
// so no call makes one on the clock.
func Prepare(_ context.Context, p work.Params) (work.Prepared, error) {
	data := make([]byte, p.Int("bytes"))
	rand.NewChaCha8([32]byte{}).Read(data)
	return payload{data, adler32.Checksum(data)}, nil
}

// A reply holds the bytes that have come back, how many of them were right on the
// other side, and whose side that was.
type reply struct {
	data  []byte
	right int
	away  bool
}

// Run hands the bytes to another goroutine over a channel, which sends a slice and
// copies nothing: goroutines share memory, so nothing is ever pickled.
func (original payload) Run(_ context.Context, _ work.Params, probe *work.Probe) (any, error) {
	there, back := make(chan []byte), make(chan reply)
	go func() {
		defer close(back)
		for data := range there {
			back <- reply{data, check(data, original.checksum), true}
		}
	}()
	there <- original.data
	answer := <-back
	close(there)
	<-back // wait until the other side has left its loop
	away := 0
	if answer.away {
		away = 1
	}
	probe.ObserveLeast("away", away)
	return answer.right + check(answer.data, original.checksum), nil
}

// Close does nothing: the memory of the payload is all there is.
func (payload) Close() error { return nil }

// check touches every byte and returns how many are right: all or none.
func check(data []byte, checksum uint32) int {
	if adler32.Checksum(data) != checksum {
		return 0
	}
	return len(data)
}
