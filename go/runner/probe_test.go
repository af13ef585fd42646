package main

import (
	"fmt"
	"strings"
	"testing"

	"loombench/internal/command"
	"loombench/internal/command/commandtest"
	"loombench/internal/registry"
)

func probeRequest(question, model string) string {
	return fmt.Sprintf(`{"protocol":2,"question":%q,"model":%q}`+"\n", question, model)
}

func TestAProbeReportsEvidenceAndAWord(t *testing.T) {
	code, stdout, stderr := inProcess(probeRequest("cancelagain", "go"), "probe")
	if code != command.ExitOK || stderr != "" || commandtest.Kinds(t, stdout) != "evidence evidence observed" {
		t.Errorf("found %d, %s, %s", code, stdout, stderr)
	}
	if !strings.Contains(stdout, `"word":"at every wait"`) {
		t.Errorf("found\n%s\nexpected at every wait", stdout)
	}
}

func TestEveryProbeIsDescribedUnderEveryModel(t *testing.T) {
	_, stdout, _ := inProcess("", "describe")
	for _, probe := range registry.Probes() {
		want := fmt.Sprintf(`{"question":%q,"model":"go-1cpu","source":%q}`, probe.Question, probe.Source)
		if !strings.Contains(stdout, want) {
			t.Errorf("found no %s", want)
		}
	}
}

func TestUnknownProbesAreRefused(t *testing.T) {
	for input, want := range map[string]string{
		probeRequest("cancelagain", "rust"): `no model`,
		probeRequest("nothing", "go"):       `no probe nothing for go`,
		`{"protocol":1}` + "\n":             `protocol: found 1, expected 2`,
		"nonsense\n":                        `request: invalid`,
	} {
		code, stdout, _ := inProcess(input, "probe")
		if code != command.ExitRefused || commandtest.Kinds(t, stdout) != "error" || !strings.Contains(stdout, want) {
			t.Errorf("%s: found %d, %s, expected %s", input, code, stdout, want)
		}
	}
}

func TestAProbeThatEndsItsProcessHasReportedItsEvidence(t *testing.T) {
	p := commandtest.Start(t, "probe")
	p.Send(t, probeRequest("siblings", "go"))
	if code := p.WaitForExit(); code == command.ExitOK {
		t.Errorf("found exit code %d, expected a crash", code)
	}
	// Under load, only one of the two siblings may have run before the panic.
	if got := p.Stdout.String(); !strings.Contains(got, " sibling: waits") || strings.Contains(got, "observed") {
		t.Errorf("found\n%s\nexpected evidence and no word", got)
	}
}
