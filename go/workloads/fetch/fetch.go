// Package fetch gets many pages from a web server at the same time.
package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"loombench/internal/work"
)

// client keeps its connections between calls, as the client of a long-lived program
// does. The default transport would keep two and open the others anew.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10_000}}

// Run starts one goroutine for each page and waits for all of them.
func Run(ctx context.Context, p work.Params, _ *work.Probe) (any, error) {
	url := fmt.Sprintf("http://127.0.0.1:%d", p.Int("port"))
	var total atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for page := range p.Int("pages") {
		group.Go(func() error {
			_, body, err := Get(ctx, fmt.Sprintf("%s/%d", url, page))
			total.Add(int64(len(body)))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return total.Load(), nil
}

// Get reads a page whole.
func Get(ctx context.Context, url string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}
