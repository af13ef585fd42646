"""Finds implementations by their file names: `workloads/<workload>/on_<base>[__<variant>].py`."""

from __future__ import annotations

import difflib
import importlib
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runner.models import MODELS
from runner.wire import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "workloads"


class Implementation(NamedTuple):
    """One source file on one model."""

    workload: str
    model: str
    variant: str
    source: Path


def find() -> Iterator[Implementation]:
    """Yield every implementation × model, in the order of names.

    Raises ValueError for an unknown base, and for a file named after a base but without its `on_`.
    """
    bases = {model.base for model in MODELS.values()}
    for source in sorted(WORKLOADS.glob("*/*.py")):
        if source.stem.partition("__")[0] in bases:
            raise ValueError(
                f"{_shown(source)}: found an implementation by its name, expected"
                f" on_{source.name}; rename it, or give a helper another name"
            )
    for source in sorted(WORKLOADS.glob("*/on_*.py")):
        base, _, variant = source.stem.removeprefix("on_").partition("__")
        if base not in bases:
            raise ValueError(
                f"{_shown(source)}: found base {base!r}, expected one of {', '.join(sorted(bases))}"
            )
        for model in MODELS.values():
            if model.base == base:
                yield Implementation(source.parent.name, model.name, variant, source)


def load(workload: str, model: str, variant: str) -> ModuleType:
    """Import one implementation.

    Raises Refused with what there is, near matches first, or with the library that is missing.
    """
    base = MODELS[model].base
    stem = f"on_{base}__{variant}" if variant else f"on_{base}"
    source = WORKLOADS / workload / f"{stem}.py"
    if not source.is_file():
        known = sorted({f"{one.workload}/{one.source.name}" for one in find()})
        near = difflib.get_close_matches(f"{workload}/{stem}.py", known, n=3) or known
        raise Refused(f"no implementation {workload}/{stem}.py; there is: {', '.join(near)}")
    try:
        return importlib.import_module(f"workloads.{workload}.{stem}")
    except ModuleNotFoundError as error:
        if _is_a_library(error.name):
            raise Refused(
                f"{error.name} is not installed for this interpreter; {workload}/{stem}.py needs it"
            ) from None
        raise


def _is_a_library(name: str | None) -> bool:
    """Tell whether it is a whole library that is missing, and not a module that should be there."""
    ours = {"runner", "workloads", *sys.stdlib_module_names}
    return name is not None and "." not in name and name not in ours


def libraries() -> dict[str, str]:
    """Return the version of each installed library that models need or implementations import."""
    import ast  # here, since a trial has no use for it
    from importlib import metadata

    wanted = {name for model in MODELS.values() for name in model.needs}
    for source in WORKLOADS.glob("*/*.py"):
        with suppress(SyntaxError):  # which its trials will report
            for node in ast.walk(ast.parse(source.read_bytes(), source)):
                if isinstance(node, ast.Import):
                    wanted.update(alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    wanted.add(node.module.partition(".")[0])
    # What is imported as one name may be installed under another.
    installed = metadata.packages_distributions()
    return {
        name: metadata.version(installed[name][0])
        for name in sorted(wanted)
        if _is_a_library(name) and name in installed
    }


def _shown(source: Path) -> str:
    return source.relative_to(ROOT.parent).as_posix()


def described() -> list[dict[str, str]]:
    """Return every implementation as `describe` prints it."""
    return [{**one._asdict(), "source": _shown(one.source)} for one in find()]
