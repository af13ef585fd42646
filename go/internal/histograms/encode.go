package histograms

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	cookie           = 0x1c849313 // of the encoding V2
	compressedCookie = 0x1c849314
	longestVarint    = 9 // bytes
)

// head is what precedes the counts.
type head struct {
	Cookie, PayloadLength, IndexOffset, Digits int32
	Lowest, Highest                            int64
	ConversionRatio                            float64
}

// An encoder keeps what encoding needs: a new compressor takes more than a megabyte.
type encoder struct {
	raw, packed bytes.Buffer
	compressor  *zlib.Writer
}

var encoders = sync.Pool{New: func() any { return &encoder{compressor: zlib.NewWriter(io.Discard)} }}

// Encode returns h in the encoding of the protocol: HdrHistogram V2, compressed,
// base64. The library's own encoder takes milliseconds, which a turn of a server
// would spend five times.
func Encode(h *hdrhistogram.Histogram) (string, error) {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	payload := appendCounts(nil, h.Export().Counts)
	e.raw.Reset()
	first := head{cookie, int32(len(payload)), 0, digits, LowestNs, HighestNs, 1}
	if err := binary.Write(&e.raw, binary.BigEndian, first); err != nil {
		return "", err
	}
	e.raw.Write(payload)
	e.packed.Reset()
	e.packed.Write(make([]byte, 8)) // filled in below
	e.compressor.Reset(&e.packed)
	if _, err := e.compressor.Write(e.raw.Bytes()); err != nil {
		return "", err
	}
	if err := e.compressor.Close(); err != nil {
		return "", err
	}
	data := e.packed.Bytes()
	binary.BigEndian.PutUint32(data, compressedCookie)
	binary.BigEndian.PutUint32(data[4:], uint32(len(data)-8))
	return base64.StdEncoding.EncodeToString(data), nil
}

// appendCounts appends the counts up to the last one that is not 0; a run of empty
// buckets is one negative number.
func appendCounts(data []byte, counts []int64) []byte {
	empty := int64(0)
	for _, count := range counts {
		if count == 0 {
			empty++
			continue
		}
		if empty > 0 {
			data = appendZigZag(data, -empty)
			empty = 0
		}
		data = appendZigZag(data, count)
	}
	return data
}

// appendZigZag appends a number in the LEB128 of HdrHistogram: small ones are
// short, of either sign, and a ninth byte has all its bits.
func appendZigZag(data []byte, n int64) []byte {
	rest := uint64(n)<<1 ^ uint64(n>>63)
	for range longestVarint - 1 {
		if rest <= math.MaxInt8 {
			break
		}
		data = append(data, byte(rest)|0x80)
		rest >>= 7
	}
	return append(data, byte(rest))
}
