"""Standard output and error that never raise: a closed pipe or a full device hides no verdict.

`compare --fail-on 5% | head -1` must still exit with 1, and a measurement must not be lost because
nobody reads what is printed.
"""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = {
    "µ": "u",
    "±": "+-",
    "×": "x",
    "·": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "…": "...",
    "→": "->",
}
_LEAST_WIDTH = 40  # columns
_ERRORS = "loombench"  # the name of the handler below


def _write_plainly(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks by what looks like it, or by a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in text), error.end


codecs.register_error(_ERRORS, _write_plainly)


def _open_nowhere() -> IO[str]:
    return Path(os.devnull).open("w", encoding="utf-8")


class Output:
    """A text stream that drops what can no longer be written, and remembers why."""

    def __init__(self, stream: IO[str] | None) -> None:
        """Write to a stream; None is one that is closed."""
        self._stream = stream or _open_nowhere()
        self.error: OSError | None = None  # the first
        if hasattr(self._stream, "reconfigure"):
            self._stream.reconfigure(errors=_ERRORS)

    def write(self, text: str) -> int:
        """Write a text, unless writing has failed before."""
        if self.error is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, unless writing has failed before."""
        if self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)

    @property
    def complaint(self) -> str:
        """Why something is missing from the output; empty if nothing is, or nobody reads it."""
        if self.error is None or isinstance(self.error, BrokenPipeError):
            return ""
        return f"the output cannot be written: {self.error.strerror}"

    def _give_up(self, error: OSError) -> None:
        self.error = error
        # The interpreter writes what is left in the buffer when it exits, and would complain.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on to the stream."""
        return getattr(self._stream, name)


def _open_closed_descriptors() -> None:
    """Open descriptors 0 to 2 on /dev/null if they are closed: the next file would get them."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free descriptor, which is this one


def _keep_readable_width() -> None:
    """Print in at least as many columns as a table needs: a letter a line is not readable.

    Some terminals set COLUMNS=0, which says nothing.
    """
    columns = os.environ.get("COLUMNS", "").strip()
    if not columns.isdecimal() or int(columns) == 0:
        os.environ.pop("COLUMNS", None)
    elif int(columns) < _LEAST_WIDTH:
        os.environ["COLUMNS"] = str(_LEAST_WIDTH)


@contextmanager
def guarded() -> Iterator[Output]:
    """Guard standard output and error; yields the former."""
    _open_closed_descriptors()
    _keep_readable_width()
    before = sys.stdout, sys.stderr
    output = Output(sys.stdout)
    sys.stdout, sys.stderr = output, Output(sys.stderr)
    try:
        yield output
        output.flush()
    finally:
        sys.stdout, sys.stderr = before
