package load

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/valyala/fasthttp"

	"loombench/internal/protocol"
)

// An application says what travels over one connection. It allocates nothing
// with a request.
type application interface {
	// next returns the next request, which stays as it is until the call after.
	next() []byte
	// answer reads the answer to it. keep tells whether the server keeps the
	// connection open. The error is errWrong, errStatus, or one of the reader's.
	answer(from io.Reader) (keep bool, err error)
	// mayClose tells whether the server may close the connection between requests.
	mayClose() bool
	// reset forgets what was read ahead: the connection is a new one.
	reset()
}

var (
	errWrong  = errors.New("wrong bytes")
	errStatus = errors.New("another status than 200")
)

// newApplication returns the application of one connection.
func newApplication(request protocol.LoadRequest, index int) (application, error) {
	if request.Application == protocol.HTTP {
		return newWeb(request)
	}
	return newEcho(request, index), nil
}

// An echo sends messages and wants them back, byte for byte. The bytes differ
// from connection to connection, and a counter at both ends from message to
// message, so that an answer that is stale, somebody else's, or put together of
// two is seen.
type echo struct {
	count   uint64
	message []byte
	back    []byte
}

func newEcho(request protocol.LoadRequest, index int) *echo {
	e := &echo{
		message: make([]byte, request.MessageBytes),
		back:    make([]byte, request.MessageBytes),
	}
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(request.Seed))
	binary.LittleEndian.PutUint64(seed[8:], uint64(index))
	random := rand.NewChaCha8(seed)
	_, _ = random.Read(e.message) // which never fails
	e.count = random.Uint64()     // so that short messages differ between connections as well
	return e
}

func (e *echo) next() []byte {
	e.count++
	var stamp [8]byte
	binary.LittleEndian.PutUint64(stamp[:], e.count)
	copy(e.message[max(0, len(e.message)-len(stamp)):], stamp[:])
	copy(e.message, stamp[:])
	return e.message
}

func (e *echo) answer(from io.Reader) (bool, error) {
	for at := 0; at < len(e.back); {
		n, err := from.Read(e.back[at:])
		if err != nil {
			return false, err
		}
		// A wrong byte is known at once: the rest of a wrong answer may never come.
		if !bytes.Equal(e.back[at:at+n], e.message[at:at+n]) {
			return false, errWrong
		}
		at += n
	}
	return true, nil
}

func (e *echo) mayClose() bool { return false }
func (e *echo) reset()         {}

// A web asks for the same page again and again. fasthttp reads the answers: a
// parser that is kept well is worth more than one that is ours.
type web struct {
	request  []byte
	body     []byte
	response fasthttp.Response
	from     *bufio.Reader
	source   source
}

// A source lets a bufio.Reader read from another connection without being made
// anew.
type source struct{ io.Reader }

// answerBuffer holds the longest head of an answer.
const answerBuffer = 64 << 10

func newWeb(load protocol.LoadRequest) (*web, error) {
	w := &web{body: []byte(load.Body)}
	w.from = bufio.NewReaderSize(&w.source, min(answerBuffer, 4<<10+len(w.body)))
	var request fasthttp.Request
	request.Header.SetRequestURI(load.Path)
	request.Header.SetHost(load.Address)
	var text bytes.Buffer
	if _, err := request.WriteTo(&text); err != nil {
		return nil, fmt.Errorf("the request for %s: %w", load.Path, err)
	}
	w.request = text.Bytes()
	return w, nil
}

func (w *web) next() []byte { return w.request }

func (w *web) answer(from io.Reader) (bool, error) {
	w.source.Reader = from
	// A body that is much too long is wrong before its end is seen.
	if err := w.response.ReadLimitBody(w.from, len(w.body)+answerBuffer); err != nil {
		return false, err
	}
	if w.response.StatusCode() != fasthttp.StatusOK {
		return false, errStatus
	}
	// Bytes that nobody asked for would be taken for the next answer.
	if !bytes.Equal(w.response.Body(), w.body) || w.from.Buffered() > 0 {
		return false, errWrong
	}
	return !w.response.ConnectionClose(), nil
}

func (w *web) mayClose() bool { return true }

func (w *web) reset() { w.from.Reset(&w.source) }
