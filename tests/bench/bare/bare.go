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

	turns    = 10 // tasks of switch
	stages   = 3  // of pipeline
	capacity = 16
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
		work, expected = mixed, size
	case "switch":
		work, expected = switching, size
	case "spawn":
		work, expected = spawn, size
	case "pipeline":
		work, expected = pipeline, 0
		for position := range size {
			expected += position * (position + stages)
		}
	case "fileread":
		work, expected = fileread, size
	case "filestream":
		work, expected = filestream, streamed(size)
	case "linecount":
		work, expected = linecount, textFiles*size
	case "counter":
		work, expected = counter, countingTasks*size
	case "offload":
		work, expected = offload, size
	case "pickling":
		work = pickling
	case "ceiling":
		work, expected = ceiling, size
	}
	defer removeFiles()
	for call := range calls {
		start := time.Now()
		answer := work(size)
		elapsed := time.Since(start)
		if untilAllWait > 0 {
			elapsed = untilAllWait
		}
		if answer != expected {
			panic(answer)
		}
		if call > 0 || calls == 1 {
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

// untilAllWait is the part of a call of ceiling that the workload times.
var untilAllWait time.Duration

func ceiling(tasks int) int {
	var group sync.WaitGroup
	var waiting, ended atomic.Int64
	release := make(chan struct{})
	task := func() {
		defer group.Done()
		waiting.Add(1)
		<-release
		waiting.Add(-1)
		ended.Add(1)
	}
	started := 0
	untilAllWait = 0
	for target := 1; started < tasks; target = min(tasks, 2*target) {
		readMemory()
		start := time.Now()
		group.Add(target - started)
		for ; started < target; started++ {
			go task()
		}
		for waiting.Load() < int64(started) {
			runtime.Gosched()
		}
		untilAllWait += time.Since(start)
	}
	close(release)
	group.Wait()
	return int(ended.Load())
}

// readMemory does what no loop can do without that is to end at a limit of memory. As in
// the workload, it does not count.
func readMemory() {
	if _, err := os.ReadFile("/proc/self/smaps_rollup"); err != nil {
		panic(err)
	}
}

func switching(switches int) int {
	var group sync.WaitGroup
	var last, done atomic.Int64
	var started sync.WaitGroup
	started.Add(turns)
	gate := make(chan struct{})
	for task := range turns {
		me := int64(task) + 1
		group.Go(func() {
			started.Done()
			<-gate
			for done.Load() < int64(switches) {
				if last.Swap(me) != me {
					done.Add(1)
				}
				runtime.Gosched()
			}
		})
	}
	started.Wait()
	close(gate)
	group.Wait()
	return min(int(done.Load()), switches)
}

func spawn(tasks int) int {
	var group sync.WaitGroup
	var ran atomic.Int64
	task := func() { ran.Add(1) }
	for range tasks {
		group.Go(task)
	}
	group.Wait()
	return int(ran.Load())
}

func pipeline(items int) int {
	first := make(chan int, capacity)
	go func() {
		defer close(first)
		for value := range items {
			first <- value
		}
	}()
	source := first
	for range stages {
		input, output := source, make(chan int, capacity)
		go func() {
			defer close(output)
			for value := range input {
				output <- value + 1
			}
		}()
		source = output
	}
	position, total := 0, 0
	for value := range source {
		total += position * value
		position++
	}
	return total
}
