"""A process is left when the main process ends; it reports through a pipe that stays open."""

from __future__ import annotations

import atexit
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from runner.witness import Witness


def orphan(ended: Connection) -> None:
    time.sleep(0.1)
    ended.send("ended")


def probe(witness: Witness) -> None:
    readers: list[Connection] = []

    def look() -> None:
        witness.conclude("waited for" if readers[0].poll() else "abandoned")

    atexit.register(look)
    # Exit handlers run in reverse order: imported now, multiprocessing has its turn before `look`.
    from multiprocessing import get_context

    from runner.models import START_METHOD

    processes = get_context(START_METHOD)
    reader, writer = processes.Pipe(duplex=False)
    readers.append(reader)
    processes.Process(target=orphan, args=(writer,)).start()
    witness.saw("main returns")
