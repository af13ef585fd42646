"""A runner with two broken models of asyncio: `behaving.py describe | probe`.

`swallowing` loses every cancellation; the lock of `lockless` does not lock.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python"))

from runner import models, probes, wire
from runner.models import Model

QUESTIONS = ("cleanup", "cancelagain", "lock", "siblings")


class OpenLock(asyncio.Lock):
    async def acquire(self):  # type: ignore[no-untyped-def]
        return True

    def release(self) -> None:
        """Nothing is held."""


def swallowing(main: Any) -> None:
    asyncio.Task = asyncio.tasks.Task = asyncio.tasks._PyTask  # type: ignore[attr-defined,misc]
    asyncio.Task.cancel = lambda *_, **__: False  # type: ignore[method-assign]
    models.MODELS["asyncio"].boot(main)  # type: ignore[misc]


def lockless(main: Any) -> None:
    asyncio.Lock = OpenLock  # type: ignore[misc]
    models.MODELS["asyncio"].boot(main)  # type: ignore[misc]


PLANTED = {boot.__name__: Model(boot.__name__, "asyncio", boot) for boot in (swallowing, lockless)}


def main(command: str) -> None:
    if command == "describe":
        offered = [
            {"question": question, "model": model, "source": Path(__file__).name}
            for question in QUESTIONS
            for model in PLANTED
        ]
        about = {"protocol": wire.PROTOCOL, "language": "planted", "version": "1"}
        print(json.dumps({**about, "implementations": [], "probes": offered}))
        return
    models.MODELS.update(PLANTED)
    private_in, emit = wire.take_stdio()
    probes.run(probes.parse_request(wire.read_line(private_in)), emit)


if __name__ == "__main__":
    main(sys.argv[1])
