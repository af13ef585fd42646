// Package filestream reads a file in chunks.
package filestream

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"

	"loombench/internal/work"
)

// blockBytes is the size of a block of the file, which begins with its number.
const blockBytes = 1024

// A stream is a file to read in chunks.
type stream struct {
	folder, name string
}

// Prepare writes the file and reads it once.
func Prepare(_ context.Context, p work.Params) (work.Prepared, error) {
	folder, err := os.MkdirTemp("", "loombench-")
	if err != nil {
		return nil, err
	}
	s := &stream{folder, filepath.Join(folder, "file")}
	content := make([]byte, p.Int("file_bytes"))
	for number := range len(content) / blockBytes {
		binary.LittleEndian.PutUint64(content[number*blockBytes:], uint64(number))
	}
	err = os.WriteFile(s.name, content, 0o600)
	if err == nil {
		_, err = os.ReadFile(s.name)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Run reads in the calling goroutine. It has no loop to keep free: while a read is in
// its system call, the runtime can run other goroutines on another thread.
func (s *stream) Run(_ context.Context, p work.Params, probe *work.Probe) (any, error) {
	file, err := os.Open(s.name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	chunk := make([]byte, p.Int("chunk_bytes"))
	sum := 0
	for range p.Int("file_bytes") / len(chunk) {
		if _, err := io.ReadFull(file, chunk); err != nil {
			return nil, err
		}
		sum += len(chunk) + int(binary.LittleEndian.Uint64(chunk))
	}
	probe.ObserveLeast("off_loop", 0)
	return sum, nil
}

// Close removes the file.
func (s *stream) Close() error { return os.RemoveAll(s.folder) }
