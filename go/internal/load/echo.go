package load

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"

	"loombench/internal/protocol"
)

// An echoApplication sends messages and expects the same bytes back. The bytes
// differ between connections, and a counter at both ends differs between messages.
// So it detects a response that is stale, belongs to another connection, or is
// made up of two.
type echoApplication struct {
	count    uint64
	message  []byte
	response []byte
}

func newEchoApplication(request protocol.LoadRequest, index int) *echoApplication {
	e := &echoApplication{
		message:  make([]byte, request.MessageBytes),
		response: make([]byte, request.MessageBytes),
	}
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(request.Seed))
	binary.LittleEndian.PutUint64(seed[8:], uint64(index))
	random := rand.NewChaCha8(seed)
	_, _ = random.Read(e.message) // never fails
	e.count = random.Uint64()     // so that short messages differ between connections too
	return e
}

func (e *echoApplication) nextRequest() []byte {
	e.count++
	var counter [8]byte
	binary.LittleEndian.PutUint64(counter[:], e.count)
	copy(e.message[max(0, len(e.message)-len(counter)):], counter[:])
	copy(e.message, counter[:])
	return e.message
}

func (e *echoApplication) readResponse(from io.Reader) (bool, error) {
	for received := 0; received < len(e.response); {
		n, err := from.Read(e.response[received:])
		if err != nil {
			return false, err
		}
		// Fail at the first wrong byte: the rest of a wrong response may never come.
		if !bytes.Equal(e.response[received:received+n], e.message[received:received+n]) {
			return false, errWrong
		}
		received += n
	}
	return true, nil
}

func (e *echoApplication) serverMayClose() bool { return false }
func (e *echoApplication) reset()               {}
