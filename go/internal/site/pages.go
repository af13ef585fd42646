package site

import (
	"fmt"
	"strings"

	"loombench/internal/protocol"
)

// A page is the answer to a request.
type page struct {
	status int
	body   []byte
}

// newPages returns the pages of a site by number, the broken ones last.
func newPages(site protocol.SiteCase) []page {
	var pages []page
	for n := range site.Pages {
		pages = append(pages, page{200, newHTML(n, site)})
	}
	for n := range site.Broken {
		status := 500
		if n%2 == 1 {
			status = 404
		}
		pages = append(pages, page{status, fmt.Appendf(nil, "<h1>%d</h1>", status)})
	}
	return pages
}

// newHTML returns a page of PageBytes + n bytes, or a few more if its frame is
// longer.
func newHTML(n int64, site protocol.SiteCase) []byte {
	var html strings.Builder
	fmt.Fprintf(&html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Page %d</title>\n</head>\n<body>\n", n)
	writeLinks(&html, n, site)
	const end = "</body>\n</html>\n"
	for paragraph := 1; ; paragraph++ {
		text := fmt.Sprintf("<p class=\"text\">Paragraph %d of <em>page %d</em> says what the others say, &amp; nothing more.</p>\n", paragraph, n)
		if int64(html.Len()+len(text)+len(end)) > site.PageBytes+n {
			break
		}
		html.WriteString(text)
	}
	if rest := site.PageBytes + n - int64(html.Len()+len(end)); rest > 0 {
		html.WriteString(strings.Repeat("\n", int(rest)))
	}
	html.WriteString(end)
	return []byte(html.String())
}

// writeLinks writes the links of page n: one to the root, one to the next page, and
// those to the pages that no page before it links to. The pages are a tree in which
// each has site.Links children, so all can be reached from the root.
func writeLinks(html *strings.Builder, n int64, site protocol.SiteCase) {
	if site.Links == 0 {
		return
	}
	fmt.Fprintf(html, "<nav><a href=\"/0\">home</a> <a href=\"/%d\">next</a></nav>\n<ul>\n", (n+1)%site.Pages)
	first := n*site.Links + 1
	for child := first; child < min(first+site.Links, site.Pages+site.Broken); child++ {
		fmt.Fprintf(html, "<li><a class=\"page\" href=\"/%d\">Page %d</a></li>\n", child, child)
	}
	html.WriteString("</ul>\n")
}
