// Minimal hand-written loops, without any harness: what the Go implementations are held against.
//
//	bare WORKLOAD GOMAXPROCS SIZE CALLS -> one line: the nanoseconds of each call after the first
//
// Without arguments it does nothing: the empty program.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	wait  = 50 * time.Millisecond
	early = time.Millisecond
)

func main() {
	if len(os.Args) < 5 {
		return
	}
	procs, _ := strconv.Atoi(os.Args[2])
	size, _ := strconv.Atoi(os.Args[3])
	calls, _ := strconv.Atoi(os.Args[4])
	if procs > 0 {
		runtime.GOMAXPROCS(procs)
	}
	work := pingpong
	expected := 2 * size
	switch os.Args[1] {
	case "fanout":
		work, expected = fanout, size
	case "cancel":
		work, expected = cancelAll, waitingTasks
	case "deadline":
		work, expected = deadline, operations
	case "bounded":
		work, expected = bounded, size
	case "mixed":
		work, expected = mixed(), size
	}
	for call := range calls {
		start := time.Now()
		answer := work(size)
		elapsed := time.Since(start)
		if answer != expected {
			panic(answer)
		}
		if call > 0 {
			fmt.Print(elapsed.Nanoseconds(), " ")
		}
	}
}

func pingpong(rounds int) int {
	ping, pong := make(chan int), make(chan int)
	go func() {
		defer close(pong)
		for value := range ping {
			pong <- value + 1
		}
	}()
	value := 0
	for range rounds {
		ping <- value
		value = <-pong + 1
	}
	close(ping)
	<-pong
	return value
}

func fanout(tasks int) int {
	var group sync.WaitGroup
	var waited, begun, inFlight atomic.Int64
	task := func() {
		defer group.Done()
		begun.Add(1)
		start := time.Now()
		time.Sleep(wait)
		if inFlight.Load() == 0 {
			inFlight.CompareAndSwap(0, begun.Load())
		}
		if time.Since(start) >= wait-early {
			waited.Add(1)
		}
	}
	group.Add(tasks)
	for range tasks {
		go task()
	}
	group.Wait()
	return int(waited.Load())
}
