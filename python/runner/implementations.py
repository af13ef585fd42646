"""Find implementations by their file names: `workloads/<workload>/on_<base>[__<variant>].py`."""

from __future__ import annotations

import difflib
import importlib
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runner.models import MODELS
from runner.wire import Refused

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "workloads"


class Implementation(NamedTuple):
    """A source file on a model."""

    workload: str
    model: str
    variant: str
    source: Path


def find() -> Iterator[Implementation]:
    """Yield every implementation × model, sorted by file name.

    Raises ValueError for an unknown base, and for a file that is named after a base but does not
    begin with `on_`.
    """
    bases = {model.base for model in MODELS.values()}
    for source in sorted(WORKLOADS.glob("*/*.py")):
        if source.stem.partition("__")[0] in bases:
            raise ValueError(
                f"{relative_path(source)}: found a file named after a base, expected"
                f" on_{source.name}; rename it, or give a helper module another name"
            )
    for source in sorted(WORKLOADS.glob("*/on_*.py")):
        base, _, variant = source.stem.removeprefix("on_").partition("__")
        if base not in bases:
            raise ValueError(
                f"{relative_path(source)}: found base {base!r}, expected one of"
                f" {', '.join(sorted(bases))}"
            )
        for model in MODELS.values():
            if model.base == base:
                yield Implementation(source.parent.name, model.name, variant, source)


def load(workload: str, model: str, variant: str) -> ModuleType:
    """Import an implementation.

    Raises Refused if there is no such file (with the available ones, or those with similar names),
    or if a library is missing.
    """
    base = MODELS[model].base
    stem = f"on_{base}__{variant}" if variant else f"on_{base}"
    source = WORKLOADS / workload / f"{stem}.py"
    if not source.is_file():
        known = sorted({f"{found.workload}/{found.source.name}" for found in find()})
        similar = difflib.get_close_matches(f"{workload}/{stem}.py", known, n=3) or known
        raise Refused(f"no implementation {workload}/{stem}.py; available: {', '.join(similar)}")
    try:
        return importlib.import_module(f"workloads.{workload}.{stem}")
    except ModuleNotFoundError as error:
        if _is_library(error.name):
            raise Refused(
                f"{error.name} is not installed for this interpreter; {workload}/{stem}.py needs it"
            ) from None
        raise


def _is_library(name: str | None) -> bool:
    """Return whether a missing module is a whole library, and not a module of this project."""
    ours = {"runner", "workloads", *sys.stdlib_module_names}
    return name is not None and "." not in name and name not in ours


def find_versions() -> dict[str, str]:
    """Return the version of each installed library that models need or implementations import."""
    wanted = {name for model in MODELS.values() for name in model.needs}
    for source in WORKLOADS.glob("*/*.py"):
        wanted.update(name.partition(".")[0] for name in _imported_names(source))
    versions = {name: _find_version(name) for name in sorted(wanted) if _is_library(name)}
    return {name: version for name, version in versions.items() if version}


def _find_version(library: str) -> str | None:
    """Return the version of a library, or None if it is not installed."""
    from importlib import metadata  # imported here because a trial does not need it
    from importlib.util import find_spec

    if find_spec(library) is None:
        return None
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:  # such as bs4, which beautifulsoup4 brings
        names = metadata.packages_distributions().get(library, ())
        return metadata.version(names[0]) if names else None


@cache
def _imported_names(source: Path) -> frozenset[str]:
    """Return the full names that a file imports, `a.b` for `from a import b`; runs nothing.

    The names are incomplete if the file is not valid Python: a trial will report that.
    """
    import ast  # imported here because a trial does not need it
    from importlib.util import resolve_name

    package = ".".join(source.parent.relative_to(ROOT).parts)  # where relative names begin
    names: set[str] = set()
    with suppress(SyntaxError, ImportError):
        for node in _walk_statements(ast.parse(source.read_bytes(), source)):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = resolve_name("." * node.level + (node.module or ""), package)
                names.update(f"{module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _walk_statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement of a tree. `ast.walk` takes ten times as long, for the expressions."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, field, ())


def _imported_files(source: Path) -> set[Path]:
    """Return the files under WORKLOADS that a file imports, and those that they import."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        for name in _imported_names(waiting.pop()):
            package, *parts = name.split(".")
            if package != WORKLOADS.name:
                continue
            # The last part may be a module or something in one.
            paths = (WORKLOADS.joinpath(*parts[:end]) for end in range(1, len(parts) + 1))
            modules = {path.with_suffix(".py") for path in paths}
            new = {path for path in modules if path.is_file()} - found - {source}
            found |= new
            waiting += new
    return found


def relative_path(source: Path) -> str:
    """Return the path of a file as seen from the repository, or from the runner's folder."""
    return source.relative_to(ROOT.parent).as_posix()


def describe_all() -> list[dict[str, str | list[str]]]:
    """Return every implementation in the form that `describe` prints."""
    implementations = list(find())
    files = {
        source: sorted(map(relative_path, _imported_files(source)))
        for source in {found.source for found in implementations}
    }
    return [
        {
            **found._asdict(),
            "source": relative_path(found.source),
            "files": files[found.source],
        }
        for found in implementations
    ]
