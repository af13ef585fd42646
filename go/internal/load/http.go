package load

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/valyala/fasthttp"

	"loombench/internal/protocol"
)

// An httpApplication requests the same page again and again. fasthttp parses the
// responses: a well-maintained parser is better than one of our own.
type httpApplication struct {
	request  []byte
	body     []byte
	response fasthttp.Response
	buffered *bufio.Reader
	source   switchableReader
}

// A switchableReader lets one bufio.Reader read from another connection without a
// new buffer.
type switchableReader struct{ io.Reader }

// maxHeaderBytes is the largest response header that is accepted.
const maxHeaderBytes = 64 << 10

func newHTTPApplication(load protocol.LoadRequest) (*httpApplication, error) {
	h := &httpApplication{body: []byte(load.Body)}
	h.buffered = bufio.NewReaderSize(&h.source, min(maxHeaderBytes, 4<<10+len(h.body)))
	var request fasthttp.Request
	request.Header.SetRequestURI(load.Path)
	request.Header.SetHost(load.Address)
	var text bytes.Buffer
	if _, err := request.WriteTo(&text); err != nil {
		return nil, fmt.Errorf("the request for %s: %w", load.Path, err)
	}
	h.request = text.Bytes()
	return h, nil
}

func (h *httpApplication) nextRequest() []byte { return h.request }

func (h *httpApplication) readResponse(from io.Reader) (bool, error) {
	h.source.Reader = from
	// The limit rejects a body that is much too long before its end.
	if err := h.response.ReadLimitBody(h.buffered, len(h.body)+maxHeaderBytes); err != nil {
		return false, err
	}
	if h.response.StatusCode() != fasthttp.StatusOK {
		return false, errStatus
	}
	// Extra bytes would be read as the next response.
	if !bytes.Equal(h.response.Body(), h.body) || h.buffered.Buffered() > 0 {
		return false, errWrong
	}
	return !h.response.ConnectionClose(), nil
}

func (h *httpApplication) serverMayClose() bool { return true }

func (h *httpApplication) reset() { h.buffered.Reset(&h.source) }
