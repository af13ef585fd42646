package workloads_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"loombench/internal/registry"
	"loombench/internal/work"
)

func TestPreparedFilesAreRemoved(t *testing.T) {
	for workload, params := range map[string]work.Params{
		"fileread":   {"files": 2, "file_bytes": 10, "cache": "warm"},
		"filestream": {"file_bytes": 2_048, "chunk_bytes": 1_024},
		"linecount":  {"files": 2, "lines": 3},
		"heartbeat":  {"beside": "read", "amount": 10},
	} {
		folder := t.TempDir()
		t.Setenv("TMPDIR", folder)
		prepared, err := find(t, workload, "").Prepare(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		expectEntries(t, workload, folder, 1)
		if err := prepared.Close(); err != nil {
			t.Error(err)
		}
		expectEntries(t, workload, folder, 0)
	}
}

func expectEntries(t *testing.T, workload, folder string, want int) {
	t.Helper()
	if found, err := os.ReadDir(folder); err != nil || len(found) != want {
		t.Errorf("%s: found %v %v, expected %d", workload, found, err, want)
	}
}

func TestColdFilesAreReadOrUnsupported(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	params := work.Params{"files": 3, "file_bytes": 10_000, "cache": "cold"}
	answer, err := call(t, find(t, "fileread", ""), params, work.NewProbe(nil))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Log(err)
	} else if err != nil || answer != 6 {
		t.Errorf("found %v %v, expected 6", answer, err)
	}
	expectEntries(t, "fileread", folder, 0)
}

func TestAFileThatChangesMakesTheAnswerWrong(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	params := work.Params{"files": 2, "file_bytes": 100, "cache": "warm"}
	prepared, err := find(t, "fileread", "").Prepare(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	for i, want := range []int{3, 2} {
		if i == 1 {
			overwriteFirstFile(t)
		}
		if answer, err := prepared.Run(t.Context(), params, nil); err != nil || answer != want {
			t.Errorf("found %v %v, expected %d", answer, err, want)
		}
	}
}

func overwriteFirstFile(t *testing.T) {
	t.Helper()
	folders, err := os.ReadDir(os.TempDir())
	if err != nil || len(folders) != 1 {
		t.Fatal(folders, err)
	}
	if err := os.WriteFile(os.TempDir()+"/"+folders[0].Name()+"/file1", []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnEntryWithoutPreparationRuns(t *testing.T) {
	run := func(context.Context, work.Params, *work.Probe) (any, error) { return 7, nil }
	answer, err := call(t, registry.Entry{Run: run}, nil, nil)
	if err != nil || answer != 7 {
		t.Errorf("found %v %v, expected 7", answer, err)
	}
}
