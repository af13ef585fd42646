package linecount

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"loombench/internal/work"
)

const text = "the quick brown fox jumps over the lazy dog"

// files are the text files of a case. File k, counted from 1, has k lines more than
// the case asks for.
type files struct {
	folder string
	names  []string
}

func makeFiles(count, lines int) (work.Prepared, error) {
	folder, err := os.MkdirTemp("", "loombench-")
	if err != nil {
		return nil, err
	}
	f := &files{folder: folder}
	if err := f.write(count, lines); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// write writes the files and reads each once.
func (f *files) write(count, lines int) error {
	var content bytes.Buffer
	addLine := func(i int) { fmt.Fprintf(&content, "%d %s\n", i, text[:i%40]) }
	for i := range lines {
		addLine(i)
	}
	for number := 1; number <= count; number++ {
		addLine(lines + number - 1)
		name := filepath.Join(f.folder, fmt.Sprintf("file%d.txt", number))
		if err := os.WriteFile(name, content.Bytes(), 0o600); err != nil {
			return err
		}
		if _, err := os.ReadFile(name); err != nil {
			return err
		}
		f.names = append(f.names, name)
	}
	return nil
}

// Close removes the files.
func (f *files) Close() error { return os.RemoveAll(f.folder) }
