package main

import (
	"hash/adler32"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
)

const countingTasks = 4

func counter(increments int) int {
	var (
		arriving, group sync.WaitGroup
		lock            sync.Mutex
		counted         int
	)
	all := make(chan struct{}) // closed when all have begun
	arriving.Add(countingTasks)
	for range countingTasks {
		group.Go(func() {
			arriving.Done()
			<-all
			for range increments {
				lock.Lock()
				seen := counted
				runtime.Gosched()
				counted = seen + 1
				lock.Unlock()
			}
		})
	}
	arriving.Wait()
	close(all)
	group.Wait()
	return counted
}

// A step is the number that it made, and the thread that it ran on.
type step struct{ value, thread int }

func offload(hops int) int {
	there, back := make(chan int), make(chan step)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(back)
		thread := syscall.Gettid()
		for value := range there {
			back <- step{value + 1, thread}
		}
	}()
	value, away := 0, 0
	for range hops {
		there <- value
		taken := <-back
		value = taken.value
		if taken.thread != syscall.Gettid() {
			away++
		}
	}
	close(there)
	<-back
	return min(value, away)
}

var payload []byte

func pickling(size int) int {
	if len(payload) != size {
		payload = make([]byte, size)
		rand.NewChaCha8([32]byte{}).Read(payload)
	}
	there, back := make(chan []byte), make(chan []byte)
	checksum := make(chan uint32, 1)
	go func() {
		data := <-there
		checksum <- adler32.Checksum(data)
		back <- data
	}()
	there <- payload
	returned := <-back
	if <-checksum != adler32.Checksum(returned) {
		return 0
	}
	return 2 * len(returned)
}
