// Minimal hand-written clients, without any harness: what `fetch` and `scrape` in Go are held
// against.
//
//	clients WORKLOAD MODEL PORT SIZE CALLS -> one line: the nanoseconds of each call after the first
//
// SIZE is the number of pages of `fetch`, and of requests in flight of `scrape`.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/html"
)

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1_000}}

func main() {
	size, _ := strconv.Atoi(os.Args[4])
	calls, _ := strconv.Atoi(os.Args[5])
	site := "http://127.0.0.1:" + os.Args[3]
	work := fetch
	if os.Args[1] == "scrape" {
		work = scrape
	}
	for call := range calls {
		start := time.Now()
		answer := work(site, size)
		elapsed := time.Since(start)
		if answer == 0 {
			panic(answer)
		}
		if call > 0 {
			fmt.Print(elapsed.Nanoseconds(), " ")
		}
	}
	fmt.Println()
}

func get(url string) (int, []byte) {
	response, err := client.Get(url)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	return response.StatusCode, body
}

func fetch(site string, pages int) int {
	var group sync.WaitGroup
	var total atomic.Int64
	for page := range pages {
		group.Go(func() {
			_, body := get(fmt.Sprintf("%s/%d", site, page))
			total.Add(int64(len(body)))
		})
	}
	group.Wait()
	return int(total.Load())
}

func scrape(site string, workers int) int {
	var (
		group sync.WaitGroup
		limit = make(chan struct{}, workers)
		mu    sync.Mutex
		seen  = map[string]bool{"/0": true}
		links int
		visit func(path string)
	)
	visit = func(path string) {
		limit <- struct{}{}
		status, body := get(site + path)
		<-limit
		if status != 200 {
			return
		}
		found := findLinks(body)
		mu.Lock()
		defer mu.Unlock()
		links += len(found)
		for _, link := range found {
			if !seen[link] {
				seen[link] = true
				group.Go(func() { visit(link) })
			}
		}
	}
	group.Go(func() { visit("/0") })
	group.Wait()
	return links
}

func findLinks(page []byte) (links []string) {
	document, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		panic(err)
	}
	for node := range document.Descendants() {
		for _, attribute := range node.Attr {
			if node.Data == "a" && attribute.Key == "href" {
				links = append(links, attribute.Val)
			}
		}
	}
	return links
}
