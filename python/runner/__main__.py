"""`python -m runner describe | run | probe | trace`, started by the harness: docs/protocol.md."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Emit = Callable[[dict[str, Any]], None]

_USAGE = 2


def describe() -> int:
    """Print what this runner can run."""
    import json

    from runner import implementations, interpreter, models, probes
    from runner.wire import PROTOCOL

    reasons = {name: models.why_unavailable(model) for name, model in models.MODELS.items()}
    try:
        found, libraries = implementations.describe_all(), implementations.find_versions()
        known_probes = probes.describe_all()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        json.dumps(
            {
                "protocol": PROTOCOL,
                "language": "python",
                "version": sys.version.split()[0],
                "facts": {**models.facts(), **interpreter.build_facts(), **libraries},
                "implementations": found,
                "probes": known_probes,
                "unavailable": [
                    {"model": name, "reason": reason} for name, reason in reasons.items() if reason
                ],
            }
        )
    )
    return 0


def run() -> int:
    """Read a request and run its trial."""
    from runner import wire

    return _answer(lambda line, *io: _run_trial(wire.parse_request(line), *io))


def probe() -> int:
    """Read a request and run its probe."""
    return _answer(_run_probe)


def trace() -> int:
    """Read a request and run its program once, traced or not."""
    return _answer(_run_trace)


def _answer(answer: Callable[[bytes, int, Emit], int]) -> int:
    """Read a request line and answer it; what is wrong becomes an error record."""
    import traceback

    from runner import wire

    private_in, emit = wire.take_stdio()
    try:
        return answer(wire.read_line(private_in), private_in, emit)
    except wire.Refused as error:
        emit({"kind": "error", "case": None, "reason": "unsupported", "message": str(error)})
        return _USAGE
    except Exception as error:  # noqa: BLE001 - for example, an implementation cannot be imported
        traceback.print_exc()
        message = "".join(traceback.format_exception_only(error)).strip()
        emit({"kind": "error", "case": None, "reason": "crash", "message": message})
        return 1


def _run_probe(line: bytes, private_in: int, emit: Emit) -> int:
    from runner import lifetime, probes

    request = probes.parse_request(line)
    if not lifetime.exit_with_harness(private_in):
        return 1
    probes.run(request, emit)
    return 0


def _run_trace(line: bytes, private_in: int, emit: Emit) -> int:
    from runner import lifetime
    from runner.tracing import program

    request = program.parse_request(line)
    if not lifetime.exit_with_harness(private_in):
        return 1
    program.run(request, emit)
    return 0


def _run_trial(request: Any, private_in: int, emit: Emit) -> int:
    from runner import footprint, implementations, interpreter, lifetime, models, session
    from runner.transport import HarnessTransport
    from runner.wire import PROTOCOL

    model = models.require(request.model)
    module = implementations.load(request.workload, request.model, request.variant)
    if not lifetime.exit_with_harness(private_in):
        return 1

    def emit_started() -> None:
        facts = {**models.facts(), "pid": os.getpid(), "hash_seed": _hash_seed()}
        emit({"kind": "started", "protocol": PROTOCOL, "facts": facts})

    tree_usage: dict[str, int] = {}

    def measure_tree() -> None:
        tree_usage.update(footprint.tree_usage())

    def measure_tree_once() -> None:
        if not tree_usage:  # a server was measured before it ended its workers
            measure_tree()

    transport = HarnessTransport(emit, private_in, model.readable, on_stop=measure_tree)

    async def main() -> None:
        emit_started()
        await session.run_async(request, module, emit, transport, measure_tree_once)

    if model.boot is None:
        emit_started()
        session.run_sync(request, module, emit, transport, measure_tree_once)
    else:
        model.boot(main)
    usage = {**footprint.usage(), **tree_usage}
    # An extension that was imported meanwhile may have switched the GIL on.
    facts = {"gil_after": interpreter.is_gil_enabled()}
    emit({"kind": "finished", "usage": usage, "facts": facts})
    lifetime.stop_watching()
    # Nobody needs to look for garbage at the end: the system frees all memory at once.
    gc.freeze()
    return 0


def _hash_seed() -> str:
    return os.environ.get("PYTHONHASHSEED", "random")


def main(arguments: list[str]) -> int:
    """Run the command in `arguments`."""
    match arguments:
        case ["describe"]:
            return describe()
        case ["run"]:
            return run()
        case ["probe"]:
            return probe()
        case ["trace"]:
            return trace()
    print(
        f"found {' '.join(arguments) or 'nothing'}, expected describe, run, probe or trace",
        file=sys.stderr,
    )
    return _USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
