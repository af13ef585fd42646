"""The sources that travel: named by their content, and refused if it is not what was sent."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from harness.measuring.fleet import on_worker
from harness.measuring.fleet.parcel import pack
from harness.paths import ROOT


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "loombench" / "sources"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    for name in ("harness/a.py", "python/b.py", "go/c.go", "go/bin/runner", "go/d_gen.go"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    return folder


def test_what_was_built_or_generated_does_not_travel(root: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(root).content)) as archive:
        assert archive.namelist() == ["harness/a.py", "python/b.py", "go/c.go"]


def test_the_same_sources_have_the_same_digest_and_others_another(root: Path) -> None:
    first = pack(root)
    assert pack(root) == first
    (root / "go" / "bin" / "runner").write_text("built anew")
    assert pack(root).digest == first.digest
    (root / "python" / "b.py").write_text("changed")
    assert pack(root).digest != first.digest


def test_sources_are_unpacked_once_and_again_if_they_were_changed(root: Path, cache: Path) -> None:
    parcel = pack(root)
    assert on_worker._unpack(parcel.digest, None) is None
    folder = on_worker._unpack(parcel.digest, parcel.content)
    assert folder == cache / parcel.digest
    assert on_worker._unpack(parcel.digest, None) == folder
    (folder / "python" / "b.py").write_text("tampered with")
    assert on_worker._unpack(parcel.digest, None) is None
    assert on_worker._unpack(parcel.digest, parcel.content) == folder
    assert (folder / "python" / "b.py").read_text() == "content of python/b.py"
    assert [one.name for one in cache.iterdir()] == [parcel.digest]


def test_other_sources_than_were_sent_are_refused(root: Path, cache: Path) -> None:
    parcel = pack(root)
    (root / "python" / "b.py").write_text("other")
    answers, failure = on_worker.ask(parcel.digest, b"{}", pack(root).content)
    assert answers == []
    assert "are not those that were sent" in failure
    assert list(cache.iterdir()) == []


def test_a_full_disk_is_a_reason(root: Path, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    parcel = pack(root)
    _, failure = on_worker.ask(parcel.digest, b"{}", parcel.content)
    assert "File exists" in failure or "Not a directory" in failure


def test_an_old_python_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert on_worker.ask("digest", b"{}") == ([], "found Python 3.10.4, expected 3.11 or later")


def test_the_digest_covers_the_programs_that_a_host_runs() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in on_worker.list_files(ROOT / "harness")}
    assert "harness/measuring/fleet/host.py" in names
    assert any(name.endswith("noop.toml") for name in names)
