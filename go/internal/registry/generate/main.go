// Command generate writes registry_gen.go, the list of the implementations found
// under workloads, and registry_lean_gen.go, the same without those that import
// net/http: a runner built with the tag lean does not carry it. Run it from
// anywhere in the module.
//
// It reads the source files and nothing else of the module, so it works when the
// list is stale, broken or missing. It leaves a list that is right untouched.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// targets are the files that are written, by the build constraint of each.
var targets = map[string]string{
	"!lean": "internal/registry/registry_gen.go",
	"lean":  "internal/registry/registry_lean_gen.go",
}

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	root, err := moduleRoot(dir)
	if err != nil {
		return err
	}
	sources, err := generate(root)
	if err != nil {
		return err
	}
	for constraint, source := range sources {
		target := filepath.Join(root, filepath.FromSlash(targets[constraint]))
		if err := writeIfChanged(target, source); err != nil {
			return err
		}
	}
	return nil
}

// generate returns what the targets of the module in root have to be, by their
// constraint.
func generate(root string) (map[string][]byte, error) {
	module, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	found, err := scan(root, module)
	if err != nil {
		return nil, err
	}
	sources := make(map[string][]byte)
	for constraint := range targets {
		listed := slices.Clone(found)
		if constraint == "lean" {
			listed = slices.DeleteFunc(listed, func(it implementation) bool { return it.carriesHTTP })
		}
		if sources[constraint], err = render(module, constraint, listed); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// moduleRoot is the nearest directory at or above dir with a go.mod.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s: found no go.mod here or above, expected to run inside the module", dir)
		}
	}
}

func modulePath(root string) (string, error) {
	name := filepath.Join(root, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(path), nil
		}
	}
	return "", fmt.Errorf("%s: found no module line", name)
}

// writeIfChanged keeps the file, and its time of change, when it is right
// already. Otherwise it is replaced whole: a reader never sees half a list.
func writeIfChanged(name string, content []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".registry_gen-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		os.Remove(temporary.Name())
	}
	return err
}
