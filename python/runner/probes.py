"""Find probes by their file names, `behaviours/<question>/on_<base>.py`, and run one of them."""

from __future__ import annotations

import importlib
import inspect
import json
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

from runner import models, wire
from runner.implementations import ROOT, relative_path
from runner.models import MODELS
from runner.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BEHAVIOURS = ROOT / "behaviours"


class Probe(NamedTuple):
    """A source file on a model."""

    question: str
    model: str
    source: Path


class Request(NamedTuple):
    """Which probe to run."""

    question: str
    model: str


def find() -> Iterator[Probe]:
    """Yield every probe × model, sorted by file name. Raises ValueError for an unknown base."""
    bases = {model.base for model in MODELS.values()}
    for source in sorted(BEHAVIOURS.glob("*/on_*.py")):
        base = source.stem.removeprefix("on_")
        if base not in bases:
            raise ValueError(
                f"{relative_path(source)}: found base {base!r}, expected one of"
                f" {', '.join(sorted(bases))}"
            )
        for model in MODELS.values():
            if model.base == base:
                yield Probe(source.parent.name, model.name, source)


def describe_all() -> list[dict[str, str]]:
    """Return every probe in the form that `describe` prints."""
    return [{**found._asdict(), "source": relative_path(found.source)} for found in find()]


def parse_request(line: str | bytes) -> Request:
    """Parse a request line, ignoring unknown fields. Raises RequestError."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise wire.RequestError("request: expected a JSON object")
    if message.get("protocol") != wire.PROTOCOL:
        raise wire.RequestError(
            f"request: protocol: found {message.get('protocol')}, expected {wire.PROTOCOL}"
        )
    for key in Request._fields:
        if not isinstance(message.get(key), str):
            raise wire.RequestError(f"request: {key}: expected a string")
    return Request(message["question"], message["model"])


def load(request: Request) -> Callable[[Witness], Any]:
    """Import a probe and return its function. Raises Refused if this runner does not have it."""
    model = models.require(request.model)
    known = {(found.question, found.model) for found in find()}
    if request not in known:
        raise wire.Refused(f"no probe {request.question} for {request.model}")
    module = importlib.import_module(f"behaviours.{request.question}.on_{model.base}")
    function: Callable[[Witness], Any] = module.probe
    return function


def run(request: Request, emit: Callable[[dict[str, Any]], None]) -> None:
    """Run a probe on its model. A probe that is a coroutine function runs in the model's loop."""
    probe, model = load(request), MODELS[request.model]
    witness = Witness(emit, model)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    if not inspect.iscoroutinefunction(probe):
        _conclude(witness, probe(witness))
        return

    async def main() -> None:
        _conclude(witness, await probe(witness))

    witness.boot(main)


def _conclude(witness: Witness, word: str | None) -> None:
    """Report the word that a probe returned; without one, the probe has reported it."""
    if word is not None:
        witness.conclude(word)
