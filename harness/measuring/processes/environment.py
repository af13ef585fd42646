"""The environment of a child: built from a short list, so that no setting changes a result unseen.

Settings of a shell change results: PYTHONDEVMODE makes asyncio 20 times as slow, GODEBUG,
MALLOC_ARENA_MAX and LD_PRELOAD change what is measured. Children get none of them, unless the user
passes them on purpose (`--env`); what is passed is stored with the run.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Where programs and files are, and who runs them. None of these changes how code runs.
_KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP"),
    *("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "SYSTEMROOT"),
)
_OWN_PREFIX = "LOOMBENCH_"
_FIXED = {"LC_ALL": "C.UTF-8"}  # everybody reads and writes the same text
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def create_environment(
    added: Mapping[str, str], ambient: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of a child. `ambient` is that of the harness by default."""
    ambient = os.environ if ambient is None else ambient
    kept = {
        name: value
        for name, value in ambient.items()
        if name in _KEPT or name.startswith(_OWN_PREFIX)
    }
    return {**kept, **_FIXED, **added}


def parse_passed(texts: Iterable[str]) -> dict[str, str]:
    """Read options such as `NAME=VALUE`, or `NAME` for its value here. Raises Problem."""
    passed = {}
    for text in texts:
        name, is_given, value = text.partition("=")
        if not _NAME.fullmatch(name):
            raise Problem(f"--env: found {text!r}, expected NAME or NAME=VALUE")
        if not is_given and name not in os.environ:
            raise Problem(f"--env {name}: {name} is not set here; set it, or write {name}=VALUE")
        if name in passed:
            raise Problem(
                f"--env {name}: found twice, expected once; leave out the one that is not meant"
            )
        passed[name] = value if is_given else os.environ[name]
    return passed
