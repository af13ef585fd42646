"""Parse and format quantities: base units (ns, bytes) in memory, scaled units only in print."""

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
    """Parse a duration such as `90s`, `3m` or `1h30m` into seconds. Raises Problem."""
    compact = text.strip().lower().replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise Problem(f"duration: found {text!r}, expected a number and a unit: 90s, 3m, 1h30m")
    seconds = sum(float(number) * _NS[unit] for number, unit in parts) / 1e9
    if not 0 < seconds < math.inf:
        raise Problem(f"duration: found {text!r}, expected a finite time above zero")
    return seconds


def parse_size(text: str) -> int:
    """Parse a size such as `512MiB` or `2GiB` into bytes. Raises Problem."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgt]i?b|b)", text.strip().lower().replace(" ", ""))
    if match is None or float(match[1]) <= 0:
        raise Problem(f"size: found {text!r}, expected a number and a unit: 512MiB, 2GiB")
    unit = match[2].removesuffix("b").removesuffix("i")
    return int(float(match[1]) * 2.0 ** (10 * "_kmgt".index(unit or "_")))


def parse_percent(text: str) -> float:
    """Parse a percentage such as `3%` into a fraction (0.03). Raises Problem."""
    try:
        share = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise Problem(f"found {text!r}, expected a percentage above 0 and below 100")
    return share


def format_significant(value: float, digits: int = 3) -> str:
    """Format a number with that many significant digits, without an exponent below a million."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    # Rounding may have added a digit: 9.996 with three digits is 10.0, not 10.00.
    if decimals and len(re.sub(r"\D", "", text).lstrip("0")) > digits:
        text = f"{value:,.{decimals - 1}f}"
    return text


def format_time(value: float, digits: int = 3) -> str:
    """Format nanoseconds in the largest fitting unit: 52.3 µs."""
    return _scaled(value, _TIME_STEPS, digits)


def format_size(value: float, digits: int = 3) -> str:
    """Format bytes in binary units: 20.4 MiB."""
    return _scaled(value, _BYTE_STEPS, digits)


def format_like(value: float, other: float, unit: str, digits: int = 3) -> str:
    """Format a value compactly, in the unit that another one is shown in: ±8,000 of 95.7 B."""
    steps = {"ns": _TIME_STEPS, "bytes": _BYTE_STEPS}.get(unit.partition("/")[0])
    if steps is None:
        return format_compact(value, unit, digits)
    name = format_compact(other, unit).rpartition(" ")[2]
    step = next(step for step, unit_ in steps if unit_ == name)
    return f"{format_significant(round_significant(value / step, digits), digits)} {name}"


def _scaled(value: float, steps: tuple[tuple[float, str], ...], digits: int) -> str:
    almost = 1 - 0.5 * 10.0**-digits  # rounds up to 1
    for step, unit in steps:
        if abs(value) / step >= almost:
            return f"{format_significant(value / step, digits)} {unit}"
    return f"{format_significant(value, digits)} {steps[-1][1]}"


def format_value(value: float, unit: str, digits: int = 3) -> str:
    """Format a metric's value with its unit. `ns` and `bytes`, and rates of them, are scaled.

    Other rates are rounded (52,300 messages/s); whole numbers have no decimals (12 tasks).
    """
    base, slash, per = unit.partition("/")
    if base == "ns":
        return format_time(value, digits) + slash + per
    if base == "bytes":
        return format_size(value, digits) + slash + per
    if unit in ("x", "%"):
        return f"{format_significant(value, digits)}{unit}"
    if slash:
        value = round_significant(value, digits)
    elif value == round(value, 6) and float(value).is_integer():
        return f"{value:,.0f} {unit_name(value, unit)}"
    return f"{format_significant(value, digits)} {unit}"


def unit_name(value: float, unit: str) -> str:
    """Return the unit in singular or plural: 1 request, 2 requests."""
    return unit.removesuffix("s") if math.isclose(value, 1) else unit


def format_compact(value: float, unit: str, digits: int = 3) -> str:
    """Format a value under a heading that names what is counted: 52.3 µs, 52,300/s, 12."""
    base, _, per = unit.partition("/")
    if base in ("ns", "bytes", "x", "%"):
        return format_value(value, base, digits)
    text = format_significant(round_significant(value, digits), digits)
    return f"{text}/s" if per == "s" else text


def format_si(value: float) -> str:
    """Format a round number with an SI suffix: 500, 20k, 1.5M."""
    for step, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= step:
            return f"{value / step:g}{letter}"
    return f"{value:g}"


def round_significant(value: float, digits: int = 3) -> float:
    """Round to that many significant digits, also before the decimal point: 728,137 is 728,000."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def column_unit(unit: str) -> str:
    """Return the unit for a column whose heading names the item: `ns/task` gives `ns`."""
    base, _, per = unit.partition("/")
    return unit if per == "s" else base


def format_trimmed(value: float, unit: str) -> str:
    """Format a round value without trailing zeros: 50 ms, 1,000, 0.5x."""
    text = format_value(value, unit) if unit in ("ns", "bytes", "x") else format_significant(value)
    number, space, name = text.partition(" ")
    is_ratio = number.endswith("x")
    number = number.removesuffix("x")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number + ("x" if is_ratio else "") + space + name


def language_name(name: str) -> str:
    """Return the usual spelling of a programming language: `Go`, `JavaScript`."""
    return {"javascript": "JavaScript"}.get(name, name.capitalize())


def format_count(number: int, noun: str) -> str:
    """Format a count with its noun: 1 trial, 2,000 trials."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str) -> str:
    """Replace characters that could control a terminal or break a document."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def one_line(text: str, longest: int | None = None) -> str:
    """Return a text from outside as one printable line: it cannot pose as a line of ours."""
    line = printable(" ".join(text.replace("\t", " ").splitlines())).strip()
    return line if longest is None or len(line) <= longest else f"{line[: longest - 3]}..."


def format_clock(seconds: float) -> str:
    """Format seconds as a clock shows them: 2:05 or 1:02:05."""
    minutes, whole_seconds = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole_seconds:02}" if hours else f"{minutes}:{whole_seconds:02}"
