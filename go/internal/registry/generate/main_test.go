package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheGeneratedRegistryIsUpToDate(t *testing.T) {
	root, err := moduleRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for constraint, target := range targets {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(target)))
		if err != nil || string(got) != string(want[constraint]) {
			t.Errorf("%s is stale (%v): run go generate ./...\nexpected\n%s", target, err, want[constraint])
		}
	}
}

func TestTheLeanListLeavesOutImplementationsThatImportNetHTTP(t *testing.T) {
	root := module(t, map[string]string{
		"workloads/squares/squares.go": head + plain,
		"workloads/web/web.go":         strings.Replace(head, "squares", "web", 1) + plain,
		"workloads/web/serve.go":       "package web\n\nimport (\n\t_ \"net/http\"\n)\n",
	})
	sources, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for constraint, want := range map[string]bool{"lean": false, "!lean": true} {
		text := string(sources[constraint])
		if !strings.Contains(text, "//go:build "+constraint+"\n") || !strings.Contains(text, "squares.Run}") {
			t.Errorf("found\n%s\nexpected the constraint and squares", text)
		}
		if strings.Contains(text, "web.Run}") != want {
			t.Errorf("%s: found\n%s\nexpected web: %v", constraint, text, want)
		}
	}
}

func TestTheGeneratorImportsNoOtherPackageOfTheModule(t *testing.T) {
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(listed)) {
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "loombench/") && name != "loombench/internal/registry/generate" {
			t.Errorf("found %s, expected none: the generator must compile before the registry does", name)
		}
	}
}

const (
	head   = "package squares\n\nimport (\n\t\"context\"\n\n\t\"example/internal/work\"\n)\n\n"
	plain  = "func Run(ctx context.Context, p work.Params, probe *work.Probe) (any, error) { return 0, nil }\n"
	atomic = "func RunAtomic(context.Context, work.Params, *work.Probe) (any, error) { return 0, nil }\n"
)

// module creates a module named example and returns its directory.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "go")
	write(t, root, "go.mod", "module example\n\ngo 1.25.0\n")
	for _, target := range targets {
		write(t, root, target, "this is broken")
	}
	for name, text := range files {
		write(t, root, name, text)
	}
	return root
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	name = filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRunReplacesABrokenListAndDropsDeletedFiles(t *testing.T) {
	root := module(t, map[string]string{
		"workloads/squares/squares.go": head + plain,
		"workloads/squares/atomic.go":  head + atomic,
	})
	list := filepath.Join(root, filepath.FromSlash(targets["!lean"]))
	read := func() string {
		t.Helper()
		if err := run(filepath.Join(root, "internal", "registry")); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	both := read()
	for _, want := range []string{
		`"example/workloads/squares"`,
		`{Workload: "squares", Variant: "", Source: "go/workloads/squares/squares.go", Files: []string{"go/workloads/squares/atomic.go"}, Run: squares.Run},`,
		`{Workload: "squares", Variant: "atomic", Source: "go/workloads/squares/atomic.go", Files: []string{"go/workloads/squares/squares.go"}, Run: squares.RunAtomic},`,
	} {
		if !strings.Contains(both, want) {
			t.Errorf("found\n%s\nexpected %s", both, want)
		}
	}
	for _, name := range []string{"atomic.go", "squares.go"} {
		if err := os.Remove(filepath.Join(root, "workloads", "squares", name)); err != nil {
			t.Fatal(err)
		}
		if text := read(); strings.Contains(text, name) {
			t.Errorf("found %s in\n%s", name, text)
		}
	}
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	if text := read(); !strings.Contains(text, "var generatedEntries = []Entry{}") {
		t.Errorf("found\n%s\nexpected an empty list", text)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(list), ".registry_gen-*")); left != nil {
		t.Errorf("found %v, expected no temporary files", left)
	}
}

func TestAFolderNamedAfterAKeywordHoldsAPackageThatIsNot(t *testing.T) {
	root := module(t, map[string]string{
		"workloads/switch/switch.go": strings.Replace(head, "package squares", "package switchwork", 1) + plain,
	})
	sources, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`switchwork "example/workloads/switch"`,
		`{Workload: "switch", Variant: "", Source: "go/workloads/switch/switch.go", Run: switchwork.Run},`,
	} {
		if text := string(sources["!lean"]); !strings.Contains(text, want) {
			t.Errorf("found\n%s\nexpected %s", text, want)
		}
	}
}

func TestRunDoesNotRewriteAListThatIsUpToDate(t *testing.T) {
	root := module(t, map[string]string{"workloads/squares/squares.go": head + plain})
	if err := run(root); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(root, filepath.FromSlash(targets["!lean"]))
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(list, old, old); err != nil {
		t.Fatal(err)
	}
	if err := run(root); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(list); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("found %v %v, expected the modification time %v", info.ModTime(), err, old)
	}
}

func TestScanFindsFunctionsWithTheSignature(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"renamed imports", "package squares\nimport (\n c \"context\"\n w \"example/internal/work\"\n)\nfunc RunFast(c.Context, w.Params, *w.Probe) (interface{}, error) { return 0, nil }\n", "fast"},
		{"named results", head + "func RunNamed(ctx context.Context, p work.Params, probe *work.Probe) (answer any, err error) { return }\n", "named"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := module(t, map[string]string{
				"workloads/squares/squares.go":      test.text + "func Runner() {}\nfunc helper() {}\ntype T struct{}\nfunc (T) Run() {}\n",
				"workloads/squares/squares_test.go": "not Go",
				"workloads/README.md":               "not a folder",
			})
			found, err := scan(root, "example")
			if err != nil || len(found) != 1 || found[0].variant != test.want {
				t.Errorf("found %v %v, expected variant %q alone", found, err, test.want)
			}
		})
	}
}

func TestAnImplementationMayPrepareItsCalls(t *testing.T) {
	root := module(t, map[string]string{"workloads/squares/squares.go": head + atomic +
		"func Prepare(ctx context.Context, p work.Params) (work.Prepared, error) { return nil, nil }\nfunc Prepared() {}\n"})
	sources, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Run: squares.RunAtomic}", `Variant: "", Source: "go/workloads/squares/squares.go", Prepare: squares.Prepare}`} {
		if text := string(sources["lean"]); !strings.Contains(text, want) {
			t.Errorf("found\n%s\nexpected %s", text, want)
		}
	}
}

func TestAnImplementationListsTheOtherFilesOfItsPackage(t *testing.T) {
	found, err := scan(module(t, map[string]string{
		"workloads/squares/squares.go":      head + plain,
		"workloads/squares/table.go":        "package squares\n",
		"workloads/squares/squares_test.go": "package squares\n",
		"workloads/alone/alone.go":          strings.Replace(head, "squares", "alone", 1) + plain,
	}), "example")
	if err != nil || len(found) != 2 {
		t.Fatalf("found %v %v, expected two implementations", found, err)
	}
	if files := found[0].files; len(files) != 0 {
		t.Errorf("found %q, expected no other files", files)
	}
	if files := found[1].files; !slices.Equal(files, []string{"go/workloads/squares/table.go"}) {
		t.Errorf("found %q, expected table.go", files)
	}
}

func TestAnImplementationListsTheFilesOfAWorkloadThatItImports(t *testing.T) {
	found, err := scan(module(t, map[string]string{
		"workloads/squares/squares.go": head + plain,
		"workloads/twice/twice.go": strings.Replace(head, "package squares", "package twice", 1) +
			"import _ \"example/workloads/squares\"\n" + plain,
	}), "example")
	if err != nil || len(found) != 2 || !slices.Equal(found[1].files, []string{"go/workloads/squares/squares.go"}) {
		t.Errorf("found %v %v, expected twice to list squares.go", found, err)
	}
}

func TestScanReportsMistakesInWorkloadFolders(t *testing.T) {
	const name = "workloads/squares/squares.go"
	for _, test := range []struct{ name, file, text, want string }{
		{"no implementation", name, "package squares\n", "workloads/squares: found no implementation"},
		{"another signature", name, head + "func Run(n int) int { return n }\n", "go/workloads/squares/squares.go:9: found Run with another signature, expected func(context.Context"},
		{"too many results", name, head + "func Run(context.Context, work.Params, *work.Probe) (any, int, error) { return 0, 0, nil }\n", "another signature"},
		{"type parameters", name, head + "func Run[T any](context.Context, work.Params, *work.Probe) (any, error) { return 0, nil }\n", "another signature"},
		{"prepares something else", name, head + "func Prepare(context.Context, work.Params) (any, error) { return 0, nil }\n", "found Prepare with another signature, expected func(context.Context, work.Params) (work.Prepared, error)"},
		{"another package of that name", name, strings.Replace(head, "example/internal/work", "other/work", 1) + plain, "another signature"},
		{"package not named after the folder", name, strings.Replace(head, "package squares", "package main", 1) + plain, "found package main, expected squares"},
		{"name of a folder", "workloads/Two-Words/a.go", "package a\n", `workloads/Two-Words: found "Two-Words", expected a name of lowercase`},
		{"two spellings of a variant", name, head + atomic + strings.Replace(atomic, "RunAtomic", "RunATOMIC", 1), `expected one function for variant "atomic"`},
		{"not Go", name, "packing squares\n", "squares.go:1:1: expected 'package'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := generate(module(t, map[string]string{test.file: test.text}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("found %v, expected an error with %s", err, test.want)
			}
		})
	}
}

func TestRunOutsideAModuleIsAnError(t *testing.T) {
	if err := run(t.TempDir()); err == nil || !strings.Contains(err.Error(), "expected to run inside the module") {
		t.Errorf("found %v, expected an error", err)
	}
}
