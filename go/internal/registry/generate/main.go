// Command generate writes registry_gen.go: the list of the implementations found
// under workloads. Run it from anywhere in the module.
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
	"strings"
)

const target = "internal/registry/registry_gen.go"

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
	source, err := generate(root)
	if err != nil {
		return err
	}
	return writeIfChanged(filepath.Join(root, filepath.FromSlash(target)), source)
}

// generate returns what registry_gen.go of the module in root has to be.
func generate(root string) ([]byte, error) {
	module, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	found, err := scan(root, module)
	if err != nil {
		return nil, err
	}
	return render(module, found)
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
