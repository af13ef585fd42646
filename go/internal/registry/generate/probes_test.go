package main

import (
	"strings"
	"testing"
)

const aProbe = "package siblings\n\nimport \"example/internal/witness\"\n\nfunc Probe(w *witness.Witness) string { return \"\" }\n"

func TestEveryProbeIsListed(t *testing.T) {
	root := module(t, map[string]string{
		"behaviours/siblings/siblings.go": aProbe,
		"behaviours/siblings/helper.go":   "package siblings\n",
	})
	text, err := generateProbes(root, "example")
	want := `{Question: "siblings", Source: "go/behaviours/siblings/siblings.go", Run: siblings.Probe},`
	if err != nil || !strings.Contains(string(text), want) {
		t.Errorf("found %v\n%s\nexpected %s", err, text, want)
	}
}

func TestAModuleWithoutProbesHasAnEmptyList(t *testing.T) {
	text, err := generateProbes(module(t, nil), "example")
	if err != nil || !strings.Contains(string(text), "var generatedProbes = []Probe{}") {
		t.Errorf("found %v\n%s", err, text)
	}
}

func TestAFolderWithoutAProbeOfTheRightSignatureIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"another signature": "package siblings\n\nfunc Probe() string { return \"\" }\n",
		"another package":   strings.Replace(aProbe, "package siblings", "package others", 1),
		"not Go":            "siblings",
	} {
		root := module(t, map[string]string{"behaviours/siblings/siblings.go": text})
		if _, err := generateProbes(root, "example"); err == nil {
			t.Errorf("%s: found no error", name)
		}
	}
}
