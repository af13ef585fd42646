// Servers for the load generator to be held against, written as plainly as Go allows.
//
//	server http|echo|stall -> one line, its port; then it serves until its standard input ends
//
// `stall` is an echo that answers nothing in the first 100 ms of each second since its start.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	body    = "Hello, World!"
	largest = 102_400 // of a read, as in vmbench
	period  = time.Second
	stall   = 100 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: server http|echo|stall")
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
