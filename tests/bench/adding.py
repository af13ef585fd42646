"""A new implementation following README, timed as a script: from its file to that it conforms."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support import scaffolding

_MOST_LINES = 30


def added(root: Path, file: str, code: str) -> tuple[bool, float]:
    """Write the file into a copy of the project and validate it; nothing else is touched.

    Returns whether it is found by that alone and conforms, and the seconds from writing it until
    that is said.
    """
    name, variant = Path(file).parent.name, Path(file).stem.partition("__")[2]
    contestant = f"asyncio · {variant}"
    before = scaffolding.files(root)
    start = time.perf_counter()
    (root / file).write_text(code, encoding="utf-8")
    done = scaffolding.do(root, "validate", name, "--model", "asyncio")
    seconds = time.perf_counter() - start
    listed = scaffolding.do(root, "list", "--workload", name, "--model", "asyncio").stdout
    changed = {one for one, text in scaffolding.files(root).items() if before.get(one) != text}
    conforms = scaffolding.results(done.stdout).get(contestant) == ("ok", "")
    return conforms and contestant in listed and changed == {file}, seconds


def rows() -> Iterator[tuple[str, str, str, bool]]:
    file, code = scaffolding.walk_through()
    lines = len(code.splitlines())
    with tempfile.TemporaryDirectory(prefix="loombench-adding-") as folder:
        root = scaffolding.copied(Path(folder))
        scaffolding.do(root, "list")  # compiles what a clone has compiled long ago
        found, seconds = added(root, file, code)
    yield (
        f"a new implementation following README, {Path(file).name}",
        f"1 file, {lines} lines, {'conforms' if found else 'does not conform'}"
        f" {seconds:.1f} s after it was written",
        f"one file, at most {_MOST_LINES} lines, no registration",
        found and lines <= _MOST_LINES,
    )
