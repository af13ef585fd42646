"""Turn Ctrl-C and its like into a flag, so that work in progress is finished first."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REQUESTS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether somebody asked for the end.

    Ctrl-C, SIGTERM and the end of the terminal (SIGHUP, unless `nohup` has it ignored) do. A second
    Ctrl-C raises KeyboardInterrupt as usual.
    """
    requested = False

    def handle_signal(number: int, _: object) -> None:
        nonlocal requested
        if requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        requested = True

    numbers = [getattr(signal, name) for name in _REQUESTS if hasattr(signal, name)]
    previous = {
        number: signal.signal(number, handle_signal)
        for number in numbers
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield lambda: requested
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
