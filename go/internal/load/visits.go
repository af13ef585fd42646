package load

import (
	"sync"

	"loombench/internal/protocol"
)

// maxConcurrentVisits is below the number of files that are reserved besides the
// connections.
const maxConcurrentVisits = 32

// visit opens connections that send one request each and are then closed, so that
// no phase measures a server that has never seen a connection end. Closing the first
// connection of a process is more than a warm-up: until malloc has freed a block
// larger than its mmap threshold, it maps and unmaps memory for every such block.
// A server with worker processes needs several visits for each.
//
// What goes wrong in a visit is not counted: it would go wrong in a phase too.
func (g *Generator) visit() error {
	visitors := make([]*client, min(maxConcurrentVisits, g.request.Visits))
	for i := range visitors {
		app, err := newApplication(g.request, i)
		if err != nil {
			return &StartError{protocol.Unsupported, "request: " + err.Error()}
		}
		visitors[i] = &client{g: g, index: int64(i), app: app}
	}
	defer g.watchTimeouts(visitors)()
	var group sync.WaitGroup
	for i, c := range visitors {
		group.Go(func() {
			for n := int64(i); n < g.request.Visits; n += int64(len(visitors)) {
				c.visit()
			}
		})
	}
	group.Wait()
	return nil
}

func (c *client) visit() {
	if c.dial(c.g.Now()+c.g.request.ConnectTimeout) != nil {
		return
	}
	_, err := c.roundTrip(c.g.Now())
	c.disconnect(err != nil)
}
