package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"loombench/internal/command"
	"loombench/internal/command/commandtest"
)

func TestMain(m *testing.M) { commandtest.Main(m, main) }

func loadRequest(address string, connections int, phase string) string {
	return fmt.Sprintf(`{"protocol":1,"application":"echo","address":%q,"connections":%d,"message_bytes":100,"seed":7,`+
		`"connect_timeout_ns":60000000000,"answer_timeout_ns":60000000000,"phases":[%s]}`+"\n", address, connections, phase)
}

func echoServer(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func TestLoadMeasuresAServer(t *testing.T) {
	phases := `{"loop":"closed","requests":5},{"loop":"open","rate_per_s":1000,"duration_ns":50000000}`
	code, stdout, stderr := commandtest.InProcess(loadRequest(echoServer(t), 4, phases), run)
	if got := commandtest.Kinds(t, stdout); code != command.ExitOK || got != "started connected phase phase finished" || stderr != "" {
		t.Errorf("found %d, %s, %s", code, got, stderr)
	}
	for _, want := range []string{
		`"requests":20,`, `"requests":50,`, `"served":4}`, `"gomaxprocs":`, `"go_version":`, `"errors":{}`,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("found\n%s\nexpected %s", stdout, want)
		}
	}
}

func TestAFailureToStartIsOneErrorRecord(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused := listener.Addr().String()
	listener.Close()
	phase := `{"loop":"closed","requests":5}`
	for _, test := range []struct{ request, kinds, want string }{
		{"\n", "error", `"message":"request: not a JSON object: found nothing","reason":"unsupported"`},
		{loadRequest(unused, 0, phase), "error", `"request: connections: found 0, expected an integer from 1 to 1000000","reason":"unsupported"`},
		{strings.Replace(loadRequest(unused, 3, phase), "60000000000", "500000000", 1), "started error", `"message":"connect: ` + unused +
			`: found connection refused after 500ms with 0 open, expected 3 connections","reason":"refused"`},
	} {
		code, stdout, stderr := commandtest.InProcess(test.request, run)
		if got := commandtest.Kinds(t, stdout); code != command.ExitRefused || got != test.kinds || !strings.Contains(stdout, test.want) {
			t.Errorf("found %d %s\n%s\nexpected %s", code, got, stdout, test.want)
		}
		if !strings.HasPrefix(stderr, "test: ") {
			t.Errorf("standard error: found %q, expected the message", stderr)
		}
	}
}

func TestTheLoadGeneratorExitsWhenStandardInputEnds(t *testing.T) {
	p := commandtest.Start(t)
	// The request takes an hour; the test ends because the process exits.
	p.Send(t, loadRequest(echoServer(t), 1, `{"loop":"open","rate_per_s":1,"duration_ns":3600000000000}`))
	p.Input.Close()
	if code := p.WaitForExit(); code != command.ExitCrash {
		t.Errorf("found exit code %d, expected %d", code, command.ExitCrash)
	}
	if got := p.Stderr.String(); !strings.Contains(got, "load: standard input ended") || strings.Contains(p.Stdout.String(), "finished") {
		t.Errorf("found %q", got)
	}
}

func TestASiteListensAndCountsUntilItIsStopped(t *testing.T) {
	p := commandtest.Start(t)
	p.Send(t, `{"protocol":1,"application":"site","sites":[{"id":"check","pages":3,"broken":0,"page_bytes":100,"links":0,"delay_ns":0}]}`+"\n"+
		`{"kind":"stop"}`+"\n")
	if code := p.WaitForExit(); code != command.ExitOK {
		t.Errorf("found exit code %d, expected %d: %s", code, command.ExitOK, p.Stderr.String())
	}
	out := p.Stdout.String()
	if got := commandtest.Kinds(t, out); got != "listening served finished" || !strings.Contains(out, `"ports":{"check":`) {
		t.Errorf("found %s, expected listening served finished", out)
	}
}

func TestASiteWithoutPagesIsRefused(t *testing.T) {
	request := `{"protocol":1,"application":"site","sites":[{"id":"check","pages":0,"broken":0,"page_bytes":100,"links":0,"delay_ns":0}]}` + "\n"
	code, stdout, _ := commandtest.InProcess(request, run)
	if want := `request: sites[0].pages: found 0, expected an integer from 1 to 1000000`; code != command.ExitRefused || !strings.Contains(stdout, want) {
		t.Errorf("found %d %s, expected %s", code, stdout, want)
	}
}

func TestTheOpenFileLimitIsCheckedBeforeConnecting(t *testing.T) {
	for _, test := range []struct {
		limits string
		code   int
		want   string
	}{
		// Go raises the soft limit to the hard limit.
		{"ulimit -Sn 100", command.ExitOK, `"served":200}`},
		{"ulimit -n 100", command.ExitRefused, `{"kind":"error","message":"open files: found a limit of 100, ` +
			`expected at least 264 for 200 connections (ulimit -n)","reason":"descriptors"}`},
	} {
		p := commandtest.StartUnder(t, test.limits)
		p.Send(t, loadRequest(echoServer(t), 200, `{"loop":"closed","requests":1}`))
		if code := p.WaitForExit(); code != test.code || !strings.Contains(p.Stdout.String(), test.want) {
			t.Errorf("%s: found %d %s, expected %d %s", test.limits, code, p.Stdout.String(), test.code, test.want)
		}
	}
}

func TestArgumentsAreRefused(t *testing.T) {
	p := commandtest.Start(t, "faster")
	if code := p.WaitForExit(); code != command.ExitRefused || !strings.Contains(p.Stderr.String(), `found arguments ["faster"], expected none`) {
		t.Errorf("found %d %q", code, p.Stderr.String())
	}
}
