package fileread

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"loombench/internal/work"
)

// files are the files of a case. File k is the k-th of names, counted from 1.
type files struct {
	folder   string
	names    []string
	numberOf map[[sha256.Size]byte]int // digest -> k
}

func makeFiles(count, size int, isCold bool) (work.Prepared, error) {
	folder, err := os.MkdirTemp("", "loombench-")
	if err != nil {
		return nil, err
	}
	f := &files{folder: folder, numberOf: make(map[[sha256.Size]byte]int)}
	err = f.write(count, size)
	if err == nil && isCold {
		err = f.dropFromPageCache()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// write writes files of random bytes and reads each once.
func (f *files) write(count, size int) error {
	for number := 1; number <= count; number++ {
		var seed [32]byte
		binary.LittleEndian.PutUint64(seed[:], uint64(number))
		content := make([]byte, size)
		rand.NewChaCha8(seed).Read(content)
		name := filepath.Join(f.folder, fmt.Sprint("file", number))
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return err
		}
		if _, err := os.ReadFile(name); err != nil {
			return err
		}
		f.names = append(f.names, name)
		f.numberOf[sha256.Sum256(content)] = number
	}
	return nil
}

func (f *files) dropFromPageCache() error {
	for _, name := range f.names {
		if err := dropFromPageCache(name); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the files.
func (f *files) Close() error { return os.RemoveAll(f.folder) }
