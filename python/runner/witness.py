"""What a probe is given: it reports evidence, and runs a coroutine on the loop of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from runner.models import Model

    Boot = Callable[[Callable[[], Awaitable[None]]], None]


class Witness:
    """Reports what a probe sees.

    Each report leaves the process at once: a probe may end it, and what was seen until then counts.
    """

    def __init__(self, emit: Callable[[dict[str, Any]], None], model: Model) -> None:
        self._emit = emit
        self._model = model

    def saw(self, text: str) -> None:
        """Report one piece of evidence, in a few words."""
        self._emit({"kind": "evidence", "text": text})

    def conclude(self, word: str) -> None:
        """Report what was observed. The last word counts."""
        self._emit({"kind": "observed", "word": word})

    def boot(self, main: Callable[[], Awaitable[None]]) -> None:
        """Run `main` on a new loop of the model: for probes of what surrounds a loop."""
        assert self._model.boot is not None, f"{self._model.name} has no loop"
        self._model.boot(main)
