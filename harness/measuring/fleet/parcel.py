"""The sources that travel to hosts, packed once. Their content names them."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from harness.measuring.fleet import on_worker
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FOLDERS = ("harness", "python", "go")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Parcel(NamedTuple):
    """A zip archive of sources."""

    digest: str  # SHA-256 of their names and contents
    content: bytes


def pack(root: Path = ROOT, folders: Sequence[str] = _FOLDERS) -> Parcel:
    """Pack the harness, the runners, the workload files and the implementations."""
    archive = io.BytesIO()
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in folders
        for path in on_worker.list_files(root / folder)
    }
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return Parcel(on_worker.digest_files(files), archive.getvalue())
