package workloads_test

import (
	"fmt"
	"testing"

	"loombench/internal/protocol"
	"loombench/internal/site"
	"loombench/internal/work"
)

// A clientCase is a tiny case of a workload whose implementations are clients.
type clientCase struct {
	site     protocol.SiteCase
	params   work.Params
	want     string
	observed string
}

// clients are the cases of the workloads that fetch pages from a site.
var clients = map[string]*clientCase{
	"fetch": {
		protocol.SiteCase{Pages: 5, PageBytes: 1_000},
		work.Params{"pages": 5}, "5010", "map[]",
	},
	"scrape": {
		protocol.SiteCase{Pages: 9, Broken: 3, PageBytes: 1_000, Links: 8},
		work.Params{"workers": 3}, "29", "map[failed:3]",
	},
}

func TestEveryClientAsksForEachPageOnceInEachCall(t *testing.T) {
	for workload, c := range clients {
		server, err := site.Start(c.site)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		c.params["port"] = server.Port()
		for range 2 {
			probe := work.NewProbe(nil)
			answer, err := find(t, workload, "").Run(t.Context(), c.params, probe)
			if err != nil {
				t.Fatal(err)
			}
			got, observed := fmt.Sprint(answer), fmt.Sprint(probe.Observed())
			if got != c.want || observed != c.observed {
				t.Errorf("%s: found %s %s, expected %s %s", workload, got, observed, c.want, c.observed)
			}
		}
		if served := server.Served(); served.Rounds != 2 || served.Strays != 0 || served.Rest != 0 {
			t.Errorf("%s: found %+v, expected 2 rounds and nothing else", workload, served)
		}
	}
}
