package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"loombench/internal/program"
	"loombench/internal/program/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

func loadRequest(address string, connections int, phase string) string {
	return fmt.Sprintf(`{"protocol":1,"application":"echo","address":%q,"connections":%d,"message_bytes":100,"seed":7,`+
		`"connect_timeout_ns":2000000000,"answer_timeout_ns":10000000000,"phases":[%s]}`+"\n", address, connections, phase)
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
	code, stdout, stderr := programtest.InProcess(loadRequest(echoServer(t), 4, phases), run)
	if got := programtest.Kinds(t, stdout); code != program.Fine || got != "started connected phase phase finished" || stderr != "" {
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

func TestLoadRefusesWithOneClearMessage(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	listener.Close()
	phase := `{"loop":"closed","requests":5}`
	for _, test := range []struct{ request, kinds, want string }{
		{"\n", "error", `"message":"request: not a JSON object: found nothing","reason":"unsupported"`},
		{loadRequest(nobody, 0, phase), "error", `"request: connections: found 0, expected an integer from 1 to 1000000","reason":"unsupported"`},
		{loadRequest(nobody, 3, phase), "started error", `"message":"connect: ` + nobody +
			`: found connection refused after 2s with 0 open, expected 3 connections","reason":"refused"`},
	} {
		code, stdout, stderr := programtest.InProcess(test.request, run)
		if got := programtest.Kinds(t, stdout); code != program.Refused || got != test.kinds || !strings.Contains(stdout, test.want) {
			t.Errorf("found %d %s\n%s\nexpected %s", code, got, stdout, test.want)
		}
		if !strings.HasPrefix(stderr, "test: ") {
			t.Errorf("standard error: found %q, expected the message", stderr)
		}
	}
}

func TestALoadEndsWithItsStandardInput(t *testing.T) {
	p := programtest.Start(t)
	// An hour of load: the test ends because the process does.
	p.Ask(t, loadRequest(echoServer(t), 1, `{"loop":"open","rate_per_s":1,"duration_ns":3600000000000}`))
	p.Input.Close()
	if code := p.End(); code != program.Crash {
		t.Errorf("found exit code %d, expected %d", code, program.Crash)
	}
	if got := p.Stderr.String(); !strings.Contains(got, "load: standard input ended") || strings.Contains(p.Stdout.String(), "finished") {
		t.Errorf("found %q", got)
	}
}

func TestTooFewOpenFilesAreSaidBefore(t *testing.T) {
	for _, test := range []struct {
		limits string
		code   int
		want   string
	}{
		// Go itself raises the soft limit to the hard one.
		{"ulimit -Sn 100", program.Fine, `"served":200}`},
		{"ulimit -n 100", program.Refused, `{"kind":"error","message":"open files: found a limit of 100, ` +
			`expected at least 264 for 200 connections (ulimit -n)","reason":"descriptors"}`},
	} {
		p := programtest.StartUnder(t, test.limits)
		p.Ask(t, loadRequest(echoServer(t), 200, `{"loop":"closed","requests":1}`))
		if code := p.End(); code != test.code || !strings.Contains(p.Stdout.String(), test.want) {
			t.Errorf("%s: found %d %s, expected %d %s", test.limits, code, p.Stdout.String(), test.code, test.want)
		}
	}
}

func TestArgumentsAreAMistakeOfUsage(t *testing.T) {
	p := programtest.Start(t, "faster")
	if code := p.End(); code != program.Refused || !strings.Contains(p.Stderr.String(), `found arguments ["faster"], expected none`) {
		t.Errorf("found %d %q", code, p.Stderr.String())
	}
}
