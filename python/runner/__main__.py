"""`python -m runner describe | run`: the program that the harness starts; see docs/protocol.md."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_USAGE = 2


def describe() -> int:
    """Print what this runner can do."""
    import json

    from runner import implementations, models
    from runner.wire import PROTOCOL

    reasons = {name: models.why_unavailable(model) for name, model in models.MODELS.items()}
    try:
        found, libraries = implementations.described(), implementations.libraries()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        json.dumps(
            {
                "protocol": PROTOCOL,
                "language": "python",
                "version": sys.version.split()[0],
                "facts": {**models.facts(), **libraries},
                "implementations": found,
                "unavailable": [
                    {"model": name, "reason": reason} for name, reason in reasons.items() if reason
                ],
            }
        )
    )
    return 0


def run() -> int:
    """Carry out one request."""
    import traceback

    from runner import wire

    private_in, emit = wire.take_stdio()
    try:
        request = wire.parse_request(wire.read_line(private_in))
        return _trial(request, private_in, emit)
    except wire.Refused as error:
        emit({"kind": "error", "case": None, "reason": "unsupported", "message": str(error)})
        return _USAGE
    except Exception as error:  # noqa: BLE001 - an implementation that cannot even be imported
        traceback.print_exc()
        message = "".join(traceback.format_exception_only(error)).strip()
        emit({"kind": "error", "case": None, "reason": "crash", "message": message})
        return 1


def _trial(request: Any, private_in: int, emit: Callable[[dict[str, Any]], None]) -> int:
    from runner import footprint, implementations, models, session, voice
    from runner.wire import PROTOCOL, Refused

    model = models.MODELS.get(request.model)
    if model is None:
        raise Refused(f"no model {request.model!r}; there is: {', '.join(models.MODELS)}")
    reason = models.why_unavailable(model)
    if reason:
        raise Refused(f"{model.name}: {reason}")
    module = implementations.load(request.workload, request.model, request.variant)
    if not voice.die_with_the_harness(private_in):
        return 1

    def started() -> None:
        facts = {**models.facts(), "pid": os.getpid(), "hash_seed": _hash_seed()}
        emit({"kind": "started", "protocol": PROTOCOL, "facts": facts})

    tree: dict[str, int] = {}

    def weigh() -> None:
        tree.update(footprint.tree())

    def weigh_unless_served() -> None:
        if not tree:  # a server was weighed before it ended its workers
            weigh()

    line = voice.Line(emit, private_in, model.readable, weigh)

    async def awaited() -> None:
        started()
        await session.run_awaited(request, module, emit, line, weigh_unless_served)

    if model.boot is None:
        started()
        session.run_plain(request, module, emit, line, weigh_unless_served)
    else:
        model.boot(awaited)
    emit({"kind": "finished", "usage": {**footprint.usage(), **tree}})
    return 0


def _hash_seed() -> str:
    return os.environ.get("PYTHONHASHSEED", "random")


def main(arguments: list[str]) -> int:
    """Run the command that was asked for."""
    match arguments:
        case ["describe"]:
            return describe()
        case ["run"]:
            return run()
    print(f"found {' '.join(arguments) or 'nothing'}, expected describe or run", file=sys.stderr)
    return _USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
