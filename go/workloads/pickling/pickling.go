// Package pickling sends bytes to the other side and back.
package pickling

import (
	"context"
	"hash/adler32"
	"math/rand/v2"
	"sync"

	"loombench/internal/work"
)

// A payload is bytes without a pattern, and what identifies them.
type payload struct {
	data     []byte
	checksum uint32
}

// made keeps the payload between calls: a sample does not include making it.
var made struct {
	sync.Mutex
	payload payload
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
func Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	original := makePayload(p.Int("bytes"))
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

// check touches every byte and returns how many are right: all or none.
func check(data []byte, checksum uint32) int {
	if adler32.Checksum(data) != checksum {
		return 0
	}
	return len(data)
}

func makePayload(size int) payload {
	made.Lock()
	defer made.Unlock()
	if len(made.payload.data) != size {
		data := make([]byte, size)
		rand.NewChaCha8([32]byte{}).Read(data)
		made.payload = payload{data, adler32.Checksum(data)}
	}
	return made.payload
}
