package protocol

import (
	"reflect"
	"strings"
	"testing"
)

const siteRequest = `{"protocol":1,"application":"site","sites":[{"id":"check","pages":3,"broken":1,"page_bytes":100,"links":8,"delay_ns":5}]}`

func TestParseSiteReadsEverySite(t *testing.T) {
	got, err := ParseSite([]byte(siteRequest))
	want := SiteRequest{[]SiteCase{{ID: "check", Pages: 3, Broken: 1, PageBytes: 100, Links: 8, DelayNs: 5}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("found %+v %v, expected %+v", got, err, want)
	}
}

func TestOnlyARequestForASiteIsOne(t *testing.T) {
	for line, want := range map[string]bool{siteRequest: true, echoLoad: false, "": false} {
		if got := IsSite([]byte(line)); got != want {
			t.Errorf("%s: found %v, expected %v", line, got, want)
		}
	}
}

func TestParseSiteErrorsSayWhatWasFoundAndExpected(t *testing.T) {
	for _, test := range []struct{ old, replacement, want string }{
		{`"protocol":1`, `"protocol":2`, `request: protocol: found 2, expected 1`},
		{`"sites":[`, `"sites":[],"rest":[`, `request: sites: found [], expected at least one site`},
		{`"sites":[`, `"sites":[7,`, `request: sites[0]: found 7, expected a site`},
		{`"pages":3`, `"pages":0`, `request: sites[0].pages: found 0, expected an integer from 1 to 1000000`},
		{`"delay_ns":5`, `"delay_ns":-1`, `request: sites[0].delay_ns: found -1, expected an integer from 0 to 86400000000000`},
	} {
		_, err := ParseSite([]byte(strings.Replace(siteRequest, test.old, test.replacement, 1)))
		if err == nil || err.Error() != test.want {
			t.Errorf("found %v\nexpected %s", err, test.want)
		}
	}
}
