"""Base units inside (nanoseconds, bytes), people's units where a number is printed."""

from __future__ import annotations

import math
import re

from harness.errors import Problem

_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)")
_TIME_STEPS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns"))
_BYTE_STEPS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))


def parse_duration(text: str) -> float:
    """Return the seconds that a text such as `90s`, `3m` or `1h30m` means. Raises Problem."""
    compact = text.strip().lower().replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise Problem(f"duration: found {text!r}, expected a number and a unit: 90s, 3m, 1h30m")
    seconds = sum(float(number) * _NS[unit] for number, unit in parts) / 1e9
    if not 0 < seconds < math.inf:
        raise Problem(f"duration: found {text!r}, expected more than zero, and an end")
    return seconds


def parse_size(text: str) -> int:
    """Return the bytes that a text such as `512MiB` or `2GiB` means. Raises Problem."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgt]i?b|b)", text.strip().lower().replace(" ", ""))
    if match is None or float(match[1]) <= 0:
        raise Problem(f"size: found {text!r}, expected a number and a unit: 512MiB, 2GiB")
    unit = match[2].removesuffix("b").removesuffix("i")
    return int(float(match[1]) * 2.0 ** (10 * "_kmgt".index(unit or "_")))


def parse_percent(text: str) -> float:
    """Return the share that a text such as `3%` means: 0.03. Raises Problem."""
    try:
        share = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise Problem(f"found {text!r}, expected a percentage above 0 and below 100")
    return share


def significant(value: float, digits: int = 3) -> str:
    """Return a number with that many significant digits, and no exponent below a million."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    # Rounding may have added a digit: 9.996 with three digits is 10.0, not 10.00.
    if decimals and len(re.sub(r"\D", "", text).lstrip("0")) > digits:
        text = f"{value:,.{decimals - 1}f}"
    return text


def nanoseconds(value: float, digits: int = 3) -> str:
    """Return a time in the unit people would use: 52.3 µs."""
    return _scaled(value, _TIME_STEPS, digits)


def size(value: float, digits: int = 3) -> str:
    """Return a number of bytes in binary units: 20.4 MiB."""
    return _scaled(value, _BYTE_STEPS, digits)


def _scaled(value: float, steps: tuple[tuple[float, str], ...], digits: int) -> str:
    almost = 1 - 0.5 * 10.0**-digits  # what is rounded up to 1
    for step, unit in steps:
        if abs(value) / step >= almost:
            return f"{significant(value / step, digits)} {unit}"
    return f"{significant(value, digits)} {steps[-1][1]}"


def shown(value: float, unit: str, digits: int = 3) -> str:
    """Return a value of a metric with its unit; `ns` and `bytes`, and rates of them, are scaled.

    Other rates are rounded (52,300 messages/s), and a whole number of things has no decimals.
    """
    base, slash, per = unit.partition("/")
    if base == "ns":
        return nanoseconds(value, digits) + slash + per
    if base == "bytes":
        return size(value, digits) + slash + per
    if unit == "x":
        return f"{significant(value, digits)}x"
    if slash:
        value = rounded(value, digits)
    elif value == round(value, 6) and float(value).is_integer():
        return f"{value:,.0f} {named(value, unit)}"
    return f"{significant(value, digits)} {unit}"


def named(value: float, unit: str) -> str:
    """Return what so many of a thing are called: 1 request, 2 requests."""
    return unit.removesuffix("s") if math.isclose(value, 1) else unit


def brief(value: float, unit: str, digits: int = 3) -> str:
    """Return a value where its heading says what it is of: 52.3 µs, 52,300/s, 12."""
    base, _, per = unit.partition("/")
    if base in ("ns", "bytes", "x"):
        return shown(value, base, digits)
    text = significant(rounded(value, digits), digits)
    return f"{text}/s" if per == "s" else text


def thousands(value: float) -> str:
    """Return a round number in little room: 500, 20k, 1.5M."""
    for step, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= step:
            return f"{value / step:g}{letter}"
    return f"{value:g}"


def rounded(value: float, digits: int = 3) -> float:
    """Round to that many significant digits, also before the point: 728,137 is 728,000."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def in_column(unit: str) -> str:
    """Return a unit less what the heading of a column says: `ns` of `ns/task`, all of `tasks/s`."""
    base, _, per = unit.partition("/")
    return unit if per == "s" else base


def tidy(value: float, unit: str) -> str:
    """Return a round value without digits that say nothing: 50 ms, 1,000, 0.5x."""
    text = shown(value, unit) if unit in ("ns", "bytes", "x") else significant(value)
    number, space, name = text.partition(" ")
    is_ratio = number.endswith("x")
    number = number.removesuffix("x")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number + ("x" if is_ratio else "") + space + name


def language(name: str) -> str:
    """Return a programming language as it writes itself: `Go`, `JavaScript`."""
    return {"javascript": "JavaScript"}.get(name, name.capitalize())


def counted(number: int, what: str) -> str:
    """Return a number of things: 1 trial, 2,000 trials."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def printable(text: str) -> str:
    """Return a text of unknown origin without what would steer a terminal or break a document."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def clock(seconds: float) -> str:
    """Return a waiting time as people read it on a clock: 2:05 or 1:02:05."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
