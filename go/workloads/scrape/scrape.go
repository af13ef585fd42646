// Package scrape crawls a web site, a few pages at a time.
package scrape

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"golang.org/x/net/html"
	"golang.org/x/sync/errgroup"

	"loombench/internal/work"
	"loombench/workloads/fetch"
)

const root = "/0"

// A crawler visits each page of a site once.
type crawler struct {
	group *errgroup.Group
	limit chan struct{} // has room for each request in flight
	site  string

	mu     sync.Mutex // guards the fields below
	seen   map[string]bool
	links  int
	failed int
}

// Run starts one goroutine for each page; a channel limits how many fetch.
func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) {
	group, ctx := errgroup.WithContext(ctx)
	c := &crawler{
		group: group,
		limit: make(chan struct{}, p.Int("workers")),
		site:  fmt.Sprintf("http://127.0.0.1:%d", p.Int("port")),
		seen:  map[string]bool{root: true},
	}
	group.Go(func() error { return c.visit(ctx, root) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	probe.Observe("failed", c.failed)
	return c.links, nil
}

// visit fetches a page and starts visits to the pages that only it links to so far.
func (c *crawler) visit(ctx context.Context, path string) error {
	c.limit <- struct{}{}
	status, page, err := fetch.Get(ctx, c.site+path)
	<-c.limit
	if err != nil {
		return err
	}
	var found []string
	if status == http.StatusOK {
		if found, err = findLinks(page); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if status != http.StatusOK {
		c.failed++
	}
	c.links += len(found)
	for _, link := range found {
		if !c.seen[link] {
			c.seen[link] = true
			c.group.Go(func() error { return c.visit(ctx, link) })
		}
	}
	return nil
}

// findLinks returns the targets of all links of a page.
func findLinks(page []byte) ([]string, error) {
	document, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	var links []string
	for node := range document.Descendants() {
		if node.Type != html.ElementNode || node.Data != "a" {
			continue
		}
		for _, attribute := range node.Attr {
			if attribute.Key == "href" {
				links = append(links, attribute.Val)
			}
		}
	}
	return links, nil
}
