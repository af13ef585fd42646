package protocol

import "fmt"

// Site is the application of a request for a site: the program then answers
// requests instead of sending them.
const Site = "site"

// A SiteRequest describes the sites that the clients of one trial ask for pages.
type SiteRequest struct {
	Sites []SiteCase
}

// A SiteCase is the site of one case. Its pages are /0, /1 and so on; the broken
// ones are the last.
type SiteCase struct {
	ID        string
	Pages     int64 // at least 1
	Broken    int64 // answered with 500 or 404
	PageBytes int64 // page N has N more
	Links     int64 // from a page to others that no page before links to; 0: pages have no links
	DelayNs   int64 // from a request to its answer
}

// Limits that catch a wrong unit.
const (
	maxPages     = 1_000_000
	maxPageBytes = 1 << 20
)

// IsSite reports whether a request line asks for a site.
func IsSite(line []byte) bool {
	values, err := parseObject(line)
	return err == nil && values["application"] == Site
}

// ParseSite decodes and checks a request for sites. Its errors have the form of
// those of [ParseRequest].
func ParseSite(line []byte) (SiteRequest, error) {
	values, err := parseObject(line)
	if err != nil {
		return SiteRequest{}, fmt.Errorf("request: %w", err)
	}
	f := fields{values: values, err: new(error)}
	f.version(LoadVersion)
	f.oneOf("application", Site)
	list, _ := values["sites"].([]any)
	if len(list) == 0 {
		f.reject("sites", "at least one site")
	}
	var request SiteRequest
	for i, element := range list {
		name := fmt.Sprintf("sites[%d]", i)
		values, ok := element.(map[string]any)
		if !ok {
			f.setError(name, render(element), "a site")
		}
		request.Sites = append(request.Sites, fields{path: name + ".", values: values, err: f.err}.parseSite())
	}
	if *f.err != nil {
		return SiteRequest{}, *f.err
	}
	return request, nil
}

func (f fields) parseSite() SiteCase {
	return SiteCase{
		ID:        f.text("id"),
		Pages:     f.between("pages", 1, maxPages),
		Broken:    f.between("broken", 0, maxPages),
		PageBytes: f.between("page_bytes", 1, maxPageBytes),
		Links:     f.between("links", 0, maxPages),
		DelayNs:   f.between("delay_ns", 0, maxNs),
	}
}

// SiteListening says that every site accepts connections on 127.0.0.1.
type SiteListening struct {
	Ports map[string]int `json:"ports"` // by case
}

// A SiteServed is what a site has counted. A round is as many requests as the site
// has pages, broken ones included: one call of an implementation.
type SiteServed struct {
	Case        string `json:"case"`
	Rounds      int64  `json:"rounds"`      // in which each page was asked for once
	Strays      int64  `json:"strays"`      // requests for an unknown page, or for one again in the same round
	Rest        int64  `json:"rest"`        // requests after the last complete round
	InFlight    int64  `json:"in_flight"`   // the most at once in a round; the least of all rounds
	Connections int64  `json:"connections"` // that were opened
}

// SiteFinished is the last record of a site.
type SiteFinished struct {
	CPUNs *int64 `json:"cpu_ns"` // of the process; nil: unknown
}

func (SiteListening) kind() string { return "listening" }
func (SiteServed) kind() string    { return "served" }
func (SiteFinished) kind() string  { return "finished" }
