// Servers for the load generator to be held against, written as plainly as Go allows.
//
//	server http|stall|twins -> a line with its port; then it serves until its standard input ends
//
// `stall` is an echo that answers nothing in the first 100 ms of each second since its start.
// `twins` are two echoes in one program: the plain one, and on a port in a second line ours.
//
// It is built as if it stood among our Go sources: see load.py.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"loombench/internal/work"
	ours "loombench/workloads/echo"
)

const (
	body    = "Hello, World!"
	largest = 102_400 // of a read, as in vmbench
	period  = time.Second
	stall   = 100 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: server http|stall|twins")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if os.Args[1] == "http" {
		panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body)
		})))
	}
	if os.Args[1] == "twins" {
		go func() {
			_, err := ours.Run(context.Background(), nil, work.NewProbe(announcing{}))
			panic(err)
		}()
	}
	began := time.Now()
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		if os.Args[1] == "stall" {
			conn = stalling{conn, began}
		}
		go echo(conn)
	}
}

// announcing prints the port that a workload listens on. Nothing else is said while it serves.
type announcing struct{ work.Sink }

func (announcing) Listening(port int) { fmt.Println(port) }

func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, largest)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// stalling hands over what it read only when no stall is on.
type stalling struct {
	net.Conn
	began time.Time
}

func (s stalling) Read(buffer []byte) (int, error) {
	n, err := s.Conn.Read(buffer)
	if into := time.Since(s.began) % period; into < stall {
		time.Sleep(stall - into)
	}
	return n, err
}
