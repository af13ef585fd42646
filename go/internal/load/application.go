package load

import (
	"errors"
	"io"

	"loombench/internal/protocol"
)

// An application is the application protocol on one connection. It allocates
// nothing per request.
type application interface {
	// nextRequest returns the next request. The bytes stay valid until the next call.
	nextRequest() []byte
	// readResponse reads and checks the response to the last request. keepAlive
	// reports whether the server keeps the connection open. The error is errWrong,
	// errStatus, or an error of the reader.
	readResponse(from io.Reader) (keepAlive bool, err error)
	// serverMayClose reports whether the server may close the connection between
	// requests.
	serverMayClose() bool
	// reset discards buffered input, for a new connection.
	reset()
}

var (
	errWrong  = errors.New("wrong bytes")
	errStatus = errors.New("a status other than 200")
)

// newApplication returns the application of the connection with that index.
func newApplication(request protocol.LoadRequest, index int) (application, error) {
	if request.Application == protocol.HTTP {
		return newHTTPApplication(request)
	}
	return newEchoApplication(request, index), nil
}
