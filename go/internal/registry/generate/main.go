// Command generate writes registry_gen.go, the list of the implementations under
// workloads, and registry_lean_gen.go, the same list without those that import
// net/http, for a runner built with the tag lean. It also writes probes_gen.go, the
// list of the probes under behaviours. Run it from anywhere in the module.
//
// It imports no other package of the module and only parses source files, so it
// works when a list is stale, broken or missing. It does not write a list that is
// up to date.
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

// targets maps build constraints to the files to generate.
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
	module, err := modulePath(root)
	if err != nil {
		return err
	}
	probes, err := generateProbes(root, module)
	if err != nil {
		return err
	}
	return writeIfChanged(filepath.Join(root, filepath.FromSlash(probesTarget)), probes)
}

// generate returns the contents of the targets for the module in root, by build
// constraint.
func generate(root string) (map[string][]byte, error) {
	module, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	implementations, err := scan(root, module)
	if err != nil {
		return nil, err
	}
	sources := make(map[string][]byte)
	for constraint := range targets {
		listed := slices.Clone(implementations)
		if constraint == "lean" {
			listed = slices.DeleteFunc(listed, func(impl implementation) bool { return impl.importsHTTP })
		}
		if sources[constraint], err = render(module, constraint, listed); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// moduleRoot returns the nearest directory with a go.mod, starting at dir and going
// up.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root, nil
		}
		if root == filepath.Dir(root) {
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

// writeIfChanged writes a file unless it has this content already, so that its
// modification time stays. It replaces the file atomically.
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
