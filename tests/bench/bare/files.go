package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

const (
	fileBytes, chunkBytes, blockBytes = 131_072, 65_536, 1_024
	textFiles                         = 8
	text                              = "the quick brown fox jumps over the lazy dog"
)

// written are the files of one process, made by its first call and removed by main.
var written struct {
	folder  string
	names   []string
	digests [][sha256.Size]byte
}

func write(content []byte) {
	if written.folder == "" {
		folder, err := os.MkdirTemp("", "loombench-")
		check(err)
		written.folder = folder
	}
	name := filepath.Join(written.folder, fmt.Sprint(len(written.names)))
	check(os.WriteFile(name, content, 0o600))
	written.names = append(written.names, name)
	written.digests = append(written.digests, sha256.Sum256(content))
}

func removeFiles() {
	if written.folder != "" {
		check(os.RemoveAll(written.folder))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fileread(files int) int {
	for number := len(written.names); number < files; number++ {
		write(bytes.Repeat([]byte{byte(number), byte(number >> 8)}, fileBytes/2))
	}
	var group sync.WaitGroup
	var right atomic.Int64
	for i, name := range written.names {
		group.Go(func() {
			content, err := os.ReadFile(name)
			check(err)
			if sha256.Sum256(content) == written.digests[i] {
				right.Add(1)
			}
		})
	}
	group.Wait()
	return int(right.Load())
}

func filestream(size int) int {
	if written.names == nil {
		content := make([]byte, size)
		for number := range size / blockBytes {
			binary.LittleEndian.PutUint64(content[number*blockBytes:], uint64(number))
		}
		write(content)
	}
	file, err := os.Open(written.names[0])
	check(err)
	defer file.Close()
	chunk := make([]byte, chunkBytes)
	sum := 0
	for range size / chunkBytes {
		_, err := io.ReadFull(file, chunk)
		check(err)
		sum += len(chunk) + int(binary.LittleEndian.Uint64(chunk))
	}
	return sum
}

func streamed(size int) int {
	chunks := size / chunkBytes
	return size + chunkBytes/blockBytes*chunks*(chunks-1)/2
}

func linecount(lines int) int {
	for len(written.names) < textFiles {
		var content bytes.Buffer
		for i := range lines {
			fmt.Fprintf(&content, "%d %s\n", i, text[:i%40])
		}
		write(content.Bytes())
	}
	var group sync.WaitGroup
	var total atomic.Int64
	for _, name := range written.names {
		group.Go(func() {
			file, err := os.Open(name)
			check(err)
			defer file.Close()
			scanner, counted := bufio.NewScanner(file), 0
			for scanner.Scan() {
				counted++
			}
			check(scanner.Err())
			total.Add(int64(counted))
		})
	}
	group.Wait()
	return int(total.Load())
}
