"""New workloads and implementations as texts: what is to be written, with the rules beside it.

Pure: a name and a shape in, files as path -> text out. What a scaffold leaves out, it says when it
is run, so that `validate` tells what is still to be written. The templates are in `templates/`.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness import units
from harness.catalog import workload_file
from harness.catalog.contestant import is_variant
from harness.catalog.workload import CHECK, MODELS, SHAPES, is_workload_id
from harness.errors import Problem, unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.catalog.workload import Workload

_WIDTH = 100  # of a line in Python
_WORD = re.compile(r"[a-z][a-z0-9]*")
# What can be no package of Go, or none that another may import.
_NOT_IN_GO = re.compile(
    "break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import"
    "|interface|map|package|range|return|select|struct|switch|type|var|internal|main|vendor"
)
_QUESTIONS = {
    "makespan": "Which model is done with so many pieces of work first?",
    "rate": "What does one piece of work cost?",
    "latency": "How long does a piece of work wait?",
    "server": "How many messages can the server answer in a second, and how long do they wait?",
    "footprint": "How much memory does one more waiting task take?",
}


class Base(NamedTuple):
    """What a file on a base begins with, and how a server of it listens."""

    docstring: str
    awaited: bool = False
    serves: str = ""


BASES = {
    "sequential": Base("One piece after the other."),
    "asyncio": Base("Tasks in a task group.", awaited=True, serves="asyncio.start_server"),
    "trio": Base("Tasks in a nursery.", awaited=True, serves="trio.serve_tcp"),
    "anyio": Base(
        "Tasks in a task group, on either backend.",
        awaited=True,
        serves="anyio.create_tcp_listener",
    ),
    "threads": Base(
        "A thread for each of them.", serves="socket.create_server, and a thread a connection"
    ),
    "processes": Base(
        "Processes, started before the clock.",
        serves="workers that share the port by SO_REUSEPORT",
    ),
    "scratch": Base(
        "Tasks in a task group.",
        awaited=True,
        serves="socket.create_server and scratch.wait_readable",
    ),
    "go": Base("", serves="net.Listen, and a goroutine a connection"),
}


def workload(name: str, shape: str) -> dict[str, str]:
    """Return the files of a new workload, path -> text, its own last. Raises Problem."""
    if not is_workload_id(name):
        raise Problem(
            f"found the name {name!r}, expected one lowercase word of letters and digits, such as"
            " pingpong"
        )
    if _NOT_IN_GO.fullmatch(name):
        raise Problem(f"found the name {name!r}, which Go keeps for itself; choose another word")
    if shape not in SHAPES:
        raise unknown_name("shape", shape, SHAPES)
    text = _rendered(["workload.toml.jinja"], name=name, shape=shape, question=_QUESTIONS[shape])
    made = workload_file.parse(name, text, f"{name}.toml")
    bases = ("sequential", "asyncio", "go") if shape == "makespan" else ("asyncio", "go")
    files = dict(implementation(made, base) for base in bases)
    return {**files, workload_path(name): text}


def workload_path(name: str) -> str:
    """Return where the file of a workload is, from the root of the repository."""
    return f"harness/workloads/{name}.toml"


def parse_way(text: str) -> tuple[str, str]:
    """Read `BASE` or `BASE__VARIANT` into (base, variant). Raises Problem."""
    base, is_variant_named, variant = text.partition("__")
    if base not in BASES:
        raise unknown_name("base", base, BASES)
    if is_variant_named and not (variant and is_variant(variant)):
        raise Problem(
            f"found the variant {variant!r}, expected lowercase letters, digits and single"
            f" underscores, such as {base}__buffered"
        )
    if base == "go" and variant and not _WORD.fullmatch(variant):
        raise Problem(
            f"found the variant {variant!r}, expected one lowercase word of letters and digits:"
            " in Go it is part of a function's name"
        )
    return base, variant


def implementation(workload: Workload, base: str, variant: str = "") -> tuple[str, str]:
    """Return the path and the text of a new implementation. Raises Problem where it has no place.

    `base` and `variant` are as `parse_way` returns them.
    """
    models = _models(base)
    reasons = [workload.not_applicable[one] for one in models if one in workload.not_applicable]
    if len(reasons) == len(models):
        raise Problem(
            f"{workload.id} is not for {base}: {reasons[0]}; if that is wrong, take it out of"
            f" not_applicable in {workload_path(workload.id)}"
        )
    path = _place(workload.id, base, variant)
    tasks = workload.shape not in ("server", "footprint")
    has_pieces = "pieces" in workload.params
    message = f"write the work of {path}"
    text = _rendered(
        (f"{base}.jinja", "python.jinja"),
        workload=workload,
        variant=variant,
        function=f"Run{variant.capitalize()}",
        docstring=BASES[base].docstring,
        awaited=BASES[base].awaited,
        tasks=tasks,
        has_pieces=has_pieces,
        pieces="params.pieces" if has_pieces else "PIECES",
        rules=_commented(_rules(workload, base), "//" if base == "go" else "#"),
        message=message,
        missing=_raised(message),
    )
    return path, text


def _place(workload: str, base: str, variant: str) -> str:
    if base == "go":
        return f"go/workloads/{workload}/{variant or workload}.go"
    stem = f"on_{base}__{variant}" if variant else f"on_{base}"
    return f"python/workloads/{workload}/{stem}.py"


def _rendered(templates: Sequence[str], **values: object) -> str:
    """Fill in the first of the templates that is there."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it is source that is made, and no page
    )
    return environment.select_template(templates).render(**values).strip() + "\n"


def _rules(workload: Workload, base: str) -> list[str]:
    """Return the sentences that stand at the top of an implementation."""
    is_go = base == "go"
    said = [f"What every implementation of {workload.id} keeps ({workload_path(workload.id)}):"]
    said += [f"- {rule}" for rule in workload.rules]
    for name, param in workload.params.items():
        if param.choices:
            given = f'p.String("{name}")' if is_go else f'params.text("{name}")'
            bounds = " or ".join(param.choices)
        else:
            given = f'p.Int("{name}")' if is_go else f"params.{name}"
            bounds = f"{param.least:,} to {param.most:,} {param.unit}"
        said.append(f"Given is {given}, {bounds}: {param.meaning}.")
    check = workload.cases[CHECK]
    if not workload.load:
        where = f", where {workload.describe_params(check)}" if check.params else ""
        answer = workload.resolve(CHECK, base).expected
        said.append(f"The answer is {workload.oracle.text}: {answer:,} in the check case{where}.")
    for one in workload.observations:
        observe = "probe.Observe" if is_go else "probe.observe"
        asked = json.dumps(one.name)
        said.append(
            f"What was seen of {one.name} is reported by {observe}({asked}, n), and must be"
            f" {' or '.join(str(n) for n in sorted({one.expected_for(model) for model in _models(base)}))}."
        )
    said += _steps(workload, base)
    said.append(
        f"The runner takes the time around {'it' if is_go else 'run'} and checks the answer: no"
        " timing of the whole and no printing here, and nothing is left running."
    )
    return [units.printable(one) for one in said]


def _models(base: str) -> list[str]:
    return [one for one in MODELS if one == base or one.startswith(f"{base}-")]


def _steps(workload: Workload, base: str) -> list[str]:
    """Return what a shape asks of an implementation besides its answer."""
    is_go, awaited = base == "go", BASES[base].awaited
    if workload.shape == "latency":
        return [f"Each wait is reported by probe.{'Latency' if is_go else 'latency'}, in ns."]
    if workload.shape == "footprint":
        return [
            f"After each step it says probe.{'Parked' if is_go else 'parked'}(tasks so far), which"
            f" returns when the memory has been read. {_place('footprint', base, '')} does it."
        ]
    if workload.load is None:
        return []
    if is_go:
        until = "serves until ctx ends"
    else:
        waits = "await probe.stopped()" if awaited else "probe.wait_until_stopped()"
        until = f"serves until {waits} returns"
    if workload.load.drains:
        until = "serves until SIGTERM"
    example = _place("drain" if workload.load.drains else workload.load.application, base, "")
    return [
        f"It listens on a free port of 127.0.0.1 (here: {BASES[base].serves}), says"
        f" probe.{'Listening' if is_go else 'listening'}(port), {until}, closes in order and"
        f" answers 0. {example} does it."
    ]


def _commented(sentences: list[str], mark: str) -> str:
    """Return sentences as a comment; what belongs to one is indented."""
    lines: list[str] = []
    for sentence in sentences:
        lines += textwrap.wrap(
            sentence,
            _WIDTH,
            initial_indent=f"{mark} ",
            subsequent_indent=f"{mark}   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _raised(message: str) -> str:
    """Return the statement that says what is missing, as `ruff format` would have it."""
    quoted = json.dumps(message)
    line = f"raise NotImplementedError({quoted})"
    if len(line) + 4 <= _WIDTH:
        return line
    return f"raise NotImplementedError(\n        {quoted}\n    )"
