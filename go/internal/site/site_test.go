package site

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"loombench/internal/protocol"
)

var small = protocol.SiteCase{ID: "small", Pages: 9, Broken: 3, PageBytes: 700, Links: 8}

func TestPagesGrowByOneByteEach(t *testing.T) {
	for n, page := range newPages(small)[:small.Pages] {
		if len(page.body) != 700+n || page.status != 200 {
			t.Errorf("page %d: found %d with %d bytes, expected 200 with %d", n, page.status, len(page.body), 700+n)
		}
	}
}

func TestTheLastPagesAreBroken(t *testing.T) {
	var found []int
	for _, page := range newPages(small)[small.Pages:] {
		found = append(found, page.status)
	}
	if got := fmt.Sprint(found); got != "[500 404 500]" {
		t.Errorf("found %s, expected [500 404 500]", got)
	}
}

func TestEveryPageIsLinkedFromAPageThatIsNotBroken(t *testing.T) {
	linked := make(map[string]int)
	for _, page := range newPages(small)[:small.Pages] {
		for part := range strings.SplitSeq(string(page.body), `href="`) {
			if path, _, ok := strings.Cut(part, `"`); ok && strings.HasPrefix(path, "/") {
				linked[path]++
			}
		}
	}
	links := 0
	for n := range small.Pages + small.Broken {
		path := fmt.Sprintf("/%d", n)
		if linked[path] == 0 {
			t.Errorf("found no link to %s", path)
		}
		links += linked[path]
	}
	// Each page but the root has one link from its parent; each that is not broken has two more.
	if links != 11+2*9 {
		t.Errorf("found %d links, expected %d", links, 11+2*9)
	}
}

func TestPagesWithoutLinksHaveNone(t *testing.T) {
	plain := small
	plain.Links = 0
	if body := string(newPages(plain)[0].body); strings.Contains(body, "<a ") {
		t.Errorf("found a link in %s", body)
	}
}

func TestRequestsAreCountedInRounds(t *testing.T) {
	c := newCounter(3)
	for round := range 2 {
		for page := range 3 {
			if round == 0 {
				c.connect()
			}
			c.begin(page)
			if round == 1 { // one after the other
				c.end()
			}
		}
		if round == 0 { // all at once
			c.end()
			c.end()
			c.end()
		}
	}
	c.begin(1)
	want := protocol.SiteServed{Case: "small", Rounds: 2, Rest: 1, InFlight: 1, Connections: 3}
	if got := c.served("small"); got != want {
		t.Errorf("found %+v, expected %+v: the least of all rounds counts", got, want)
	}
}

func TestAPageAgainInTheSameRoundIsAStray(t *testing.T) {
	c := newCounter(2)
	c.begin(0)
	c.begin(0)
	c.stray()
	c.begin(1)
	if got := c.served(""); got.Strays != 2 || got.Rounds != 1 || got.InFlight != 3 {
		t.Errorf("found %+v, expected 2 strays in 1 round, and 3 in flight", got)
	}
}

func TestTheSiteAnswersAndCounts(t *testing.T) {
	server, err := Start(small)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	expected := []struct {
		path   string
		status int
	}{{"/x", 404}, {"/0", 200}, {"/8", 200}, {"/9", 500}, {"/10", 404}, {"/12", 404}} // a stray is first
	for _, each := range expected {
		path, status := each.path, each.status
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", server.Port(), path))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%s: found %d, expected %d", path, response.StatusCode, status)
		}
	}
	got := server.Served()
	if got.Rest != 4 || got.Strays != 2 || got.Connections != 1 {
		t.Errorf("found %+v, expected 4 pages, 2 strays and one connection", got)
	}
}
