package site

import (
	"math"
	"sync"

	"loombench/internal/protocol"
)

// A counter counts the requests for the pages of a site, in rounds: each page once.
// An implementation asks for all pages in each call, and its calls follow one
// another, so a round is a call.
type counter struct {
	mu       sync.Mutex
	seen     []bool // by page, in this round
	requests int    // in this round
	flying   int    // requests that are not yet answered
	most     int    // of them at once, in this round

	rounds      int64
	strays      int64
	leastMost   int
	connections int64
}

func newCounter(pages int) *counter {
	return &counter{seen: make([]bool, pages), leastMost: math.MaxInt}
}

// connect counts a connection, with its first request.
func (c *counter) connect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connections++
}

// begin counts a request for a page.
func (c *counter) begin(page int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying++
	c.most = max(c.most, c.flying)
	if c.seen[page] {
		c.strays++
		return
	}
	c.seen[page] = true
	c.requests++
	if c.requests == len(c.seen) {
		c.endRound()
	}
}

func (c *counter) endRound() {
	c.leastMost = min(c.leastMost, c.most)
	c.rounds++
	clear(c.seen)
	c.requests, c.most = 0, 0
}

// end counts the answer to a request, before it is sent: the client may send the
// next request at once.
func (c *counter) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying--
}

// stray counts a request for an unknown page.
func (c *counter) stray() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.strays++
}

// served returns what was counted. Values of no round are 0.
func (c *counter) served(id string) protocol.SiteServed {
	c.mu.Lock()
	defer c.mu.Unlock()
	served := protocol.SiteServed{
		Case: id, Rounds: c.rounds, Strays: c.strays, Rest: int64(c.requests), Connections: c.connections,
	}
	if c.rounds > 0 {
		served.InFlight = int64(c.leastMost)
	}
	return served
}
