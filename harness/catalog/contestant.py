"""Contestants as values. Their display names are made here and nowhere else."""

from __future__ import annotations

import re

import msgspec

DEFAULT_RUNTIME = "default"  # the label of the runtime that `make setup` prepared
LONGEST_NAME = 40  # characters of a model or variant, so that table and figure rows fit

_SEPARATOR = " · "
_AT = " @ "
_MODEL_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RUNTIME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,15}")
_VARIANT = re.compile(r"([a-z][a-z0-9_]*)?")


class Contestant(msgspec.Struct, frozen=True, order=True):
    """An implementation of a workload on one model and one runtime.

    `variant` is empty for the plain implementation. `runtime` is the label of an installed way to
    run the model's language.
    """

    workload: str
    model: str
    variant: str = ""
    runtime: str = DEFAULT_RUNTIME

    @property
    def name(self) -> str:
        """The display name: `asyncio · threads`, with the runtime unless it is the default."""
        name = _SEPARATOR.join(filter(None, (self.model, self.variant)))
        return name if self.runtime == DEFAULT_RUNTIME else f"{name}{_AT}{self.runtime}"

    @property
    def key(self) -> str:
        """The name for programs, stable across runs: `pingpong/asyncio/futures@default`."""
        path = "/".join(filter(None, (self.workload, self.model, self.variant)))
        return f"{path}@{self.runtime}"

    @property
    def is_plain(self) -> bool:
        """Whether this is what a model stands for: no variant, and on the default runtime."""
        return not self.variant and self.runtime == DEFAULT_RUNTIME


def parse_name(workload: str, text: str) -> Contestant | None:
    """Parse `model` or `model · variant`, the notation of workload files and ledgers.

    Either may end in ` @ runtime`. Returns None for any other text.
    """
    name, _, runtime = text.partition(_AT)
    model, _, variant = name.partition(_SEPARATOR)
    if not (is_model_id(model) and is_variant(variant)):
        return None
    if _AT in text and not is_runtime(runtime):
        return None
    return Contestant(workload, model, variant, runtime or DEFAULT_RUNTIME)


def spell_name(text: str) -> str:
    """Return a name as it is displayed: `asyncio/streams@3.14t` is `asyncio · streams @ 3.14t`.

    A keyboard has no middle dot, so a slash is as good. Names are not checked.
    """
    name, _, runtime = text.partition("@")
    parts = [part.strip() for part in re.split(r"/|·", name)]
    shown = _SEPARATOR.join(filter(None, parts))
    runtime = runtime.strip()
    return shown if runtime in ("", DEFAULT_RUNTIME) else f"{shown} @ {runtime}"


def is_model_id(name: str) -> bool:
    """Return whether this is a valid model name: lowercase words joined by hyphens."""
    return len(name) <= LONGEST_NAME and _MODEL_ID.fullmatch(name) is not None


def is_variant(name: str) -> bool:
    """Return whether this is a valid variant; the plain implementation has an empty one."""
    return len(name) <= LONGEST_NAME and _VARIANT.fullmatch(name) is not None


def is_runtime(name: str) -> bool:
    """Return whether this is a valid label of a runtime that a user adds."""
    return _RUNTIME.fullmatch(name) is not None and name != DEFAULT_RUNTIME
