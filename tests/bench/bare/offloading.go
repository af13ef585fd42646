package main

import (
	"hash/adler32"
	"math/rand/v2"
	"runtime"
	"sync"
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

func offload(hops int) int {
	there, back := make(chan int), make(chan int)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(back)
		for value := range there {
			back <- value + 1
		}
	}()
	value := 0
	for range hops {
		there <- value
		value = <-back
	}
	close(there)
	<-back
	return value
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
