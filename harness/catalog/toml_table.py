"""Read a TOML table key by key. Every error is `file: key: found ..., expected ...`."""

from __future__ import annotations

import difflib
import json
from typing import Any

from harness.errors import Problem


class TomlTable:
    """One table of a file. Each accessor marks its key as known; see `refuse_unknown_keys`."""

    def __init__(self, values: dict[str, Any], file: str, path: str = "") -> None:
        self.values = values
        self.file = file
        self.path = path
        self._known: set[str] = set()
        self._tables: dict[str, TomlTable] = {}

    def problem(self, key: str, found: Any, expected: str) -> Problem:
        """Return the problem that `key` has the value `found`."""
        return Problem(
            f"{self.file}: {self._full_key(key)}: found {_format_value(found)}, expected {expected}"
        )

    def _full_key(self, key: str) -> str:
        return ".".join(part for part in (self.path, key) if part)

    def _read(self, key: str, types: tuple[type, ...], expected: str, default: Any) -> Any:
        self._known.add(key)
        if key not in self.values:
            if default is not ...:
                return default
            raise Problem(f"{self.file}: {self._full_key(key)}: found nothing, expected {expected}")
        value = self.values[key]
        if type(value) not in types:
            raise self.problem(key, value, expected)
        return value

    def text(self, key: str, default: Any = ..., expected: str = "a text") -> str:
        """Return a text, not empty if it is required."""
        value = self._read(key, (str,), expected, default)
        if value == "" and default is ...:
            raise self.problem(key, value, expected)
        return str(value)

    def flag(self, key: str) -> bool:
        """Return a boolean; false if the key is absent."""
        return bool(self._read(key, (bool,), "true or false", default=False))

    def choice(self, key: str, choices: tuple[str, ...], default: Any = ...) -> str:
        """Return one of the choices."""
        expected = f"one of {', '.join(choices)}" if choices else "none: there are no choices"
        value = self.text(key, default, expected)
        if value not in choices:
            raise self.problem(key, value, expected)
        return value

    def integer(
        self, key: str, default: Any = ..., *, least: int | None = None, most: int | None = None
    ) -> int:
        """Return an integer between the bounds, inclusive."""
        expected = "an integer" + _bounds(least, most)
        value = self._read(key, (int,), expected, default)
        if not _within(value, least, most):
            raise self.problem(key, value, expected)
        return int(value)

    def integers(
        self, key: str, default: Any = ..., *, within: tuple[int, int] | None = None
    ) -> tuple[int, ...]:
        """Return a list of integers between the bounds, inclusive."""
        least, most = within or (None, None)
        expected = "a list of integers" + _bounds(least, most)
        values = self._read(key, (list, tuple), expected, default)
        for value in values:
            if type(value) is not int or not _within(value, least, most):
                raise self.problem(key, value, expected)
        return tuple(values)

    def texts(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """Return a list of texts."""
        expected = "a list of texts"
        values = self._read(key, (list, tuple), expected, default)
        if any(type(value) is not str for value in values):
            raise self.problem(key, values, expected)
        return tuple(values)

    def table(self, key: str, default: Any = ...) -> TomlTable:
        """Return the table below `key`, always the same object."""
        if key not in self._tables:
            values = self._read(key, (dict,), "a table", default)
            self._tables[key] = TomlTable(values, self.file, self._full_key(key))
        return self._tables[key]

    def optional_table(self, key: str) -> TomlTable | None:
        """Return the table below `key`; None if it is absent."""
        self._known.add(key)
        return self.table(key) if key in self.values else None

    def tables(self, key: str) -> list[tuple[str, TomlTable]]:
        """Return (name, sub-table) of `key` in the order of the file; empty if it is absent."""
        table = self.table(key, {})
        return [(name, table.table(name)) for name in table.values]

    def texts_of(self, key: str) -> dict[str, str]:
        """Return the texts of the sub-table `key` by name; empty if it is absent."""
        table = self.table(key, {})
        return {name: table.text(name) for name in table.values}

    def rows(self, key: str) -> list[TomlTable]:
        """Return the array of tables `key`; empty if it is absent."""
        rows = self._read(key, (list,), "an array of tables", [])
        for row in rows:
            if not isinstance(row, dict):
                raise self.problem(key, row, "a table as each element")
        return [
            TomlTable(row, self.file, f"{self._full_key(key)}[{i}]") for i, row in enumerate(rows)
        ]

    def refuse_unknown_keys(self) -> None:
        """Raise Problem for keys that nothing has read: a misspelt option must not be ignored."""
        for key in self.values:
            if key not in self._known:
                near = difflib.get_close_matches(key, sorted(self._known), n=1)
                hint = f"{near[0]!r}" if near else f"one of {', '.join(sorted(self._known))}"
                raise Problem(f"{self.file}: {self._full_key(key)}: unknown key, expected {hint}")


def _format_value(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    try:
        return json.dumps(value, default=str)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        return "a value too long to show"


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bounds(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return "" if least is None else f" of at least {least}"
