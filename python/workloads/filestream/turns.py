"""Counts how often a coroutine leaves the turn to its loop, whatever loop it is."""

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Await it in place of a coroutine; `left` is then how often the loop could run others."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self.left = 0

    def __await__(self) -> Generator[Any, Any, T]:
        resume, value = self._coroutine.send, None
        while True:
            try:
                request = resume(value)
            except StopIteration as end:
                return end.value
            self.left += 1
            try:
                resume, value = self._coroutine.send, (yield request)
            except BaseException as error:  # noqa: BLE001 - such as a cancellation; goes on inside
                resume, value = self._coroutine.throw, error
