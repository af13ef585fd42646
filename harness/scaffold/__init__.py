"""Create skeletons of workloads and implementations, with the rules as comments. Writes nothing.

A name and a shape go in, files as path -> text come out. A skeleton raises an error that names the
missing part, so `validate` shows what is left to write. The templates are in `templates/`.
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
from harness.paths import ROOT, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.catalog.parts import Observation
    from harness.catalog.workload import Workload

_LINE_LENGTH = 100
_WORD = re.compile(r"[a-z][a-z0-9]*")
# Names that cannot be Go packages, or that other packages cannot import.
_INVALID_IN_GO = re.compile(
    "break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import"
    "|interface|map|package|range|return|select|struct|switch|type|var|internal|main|vendor"
)
_QUESTIONS = {
    "makespan": "Which model completes all pieces of work first?",
    "rate": "What does one piece of work cost?",
    "latency": "How long does a piece of work wait?",
    "server": "How many messages per second can the server answer, and with what latency?",
    "footprint": "How much memory does one more waiting task take?",
}


class Base(NamedTuple):
    """A base of implementations: one file for all its models."""

    docstring: str  # the beginning of a new file's docstring
    awaited: bool = False  # functions are coroutines
    serves: str = ""  # how a server listens


BASES = {
    "sequential": Base("Pieces in sequence."),
    "asyncio": Base("Tasks in a task group.", awaited=True, serves="asyncio.start_server"),
    "trio": Base("Tasks in a nursery.", awaited=True, serves="trio.serve_tcp"),
    "anyio": Base(
        "Tasks in a task group, on either backend.",
        awaited=True,
        serves="anyio.create_tcp_listener",
    ),
    "gevent": Base("One greenlet per piece.", serves="gevent.server.StreamServer"),
    "threads": Base(
        "One thread per piece.", serves="socket.create_server, one thread per connection"
    ),
    "loops": Base(
        "Tasks on event loops of asyncio, one loop per thread.",
        serves="asyncio.start_server with reuse_port, on each loop",
    ),
    "interpreters": Base(
        "A pool of interpreters, started before the clock.",
        serves="interpreters that share the port with SO_REUSEPORT",
    ),
    "processes": Base(
        "A process pool, started before the clock.",
        serves="workers that share the port with SO_REUSEPORT",
    ),
    "scratch": Base(
        "Tasks in a task group.",
        awaited=True,
        serves="socket.create_server and scratch.wait_readable",
    ),
    "go": Base("", serves="net.Listen, one goroutine per connection"),
}


def create_workload(name: str, shape: str) -> dict[str, str]:
    """Return the files of a new workload, path -> text; its own is last. Raises Problem."""
    if not is_workload_id(name):
        raise Problem(
            f"found the name {name!r}, expected one lowercase word of letters and digits, such as"
            " turnstile"
        )
    if _INVALID_IN_GO.fullmatch(name):
        raise Problem(f"found the name {name!r}, which is reserved in Go; choose another word")
    if shape not in SHAPES:
        raise unknown_name("shape", shape, SHAPES)
    text = _render(["workload.toml.jinja"], name=name, shape=shape, question=_QUESTIONS[shape])
    created = workload_file.parse(name, text, f"{name}.toml")
    bases = ("sequential", "asyncio", "go") if shape == "makespan" else ("asyncio", "go")
    files = dict(create_implementation(created, base) for base in bases)
    return {**files, workload_path(name): text}


def workload_path(name: str) -> str:
    """Return the path of a workload file, relative to the repository."""
    return f"harness/workloads/{name}.toml"


def parse_base_and_variant(text: str) -> tuple[str, str]:
    """Parse `BASE` or `BASE__VARIANT` into (base, variant). Raises Problem."""
    base, separator, variant = text.partition("__")
    if base not in BASES:
        raise unknown_name("base", base, BASES)
    if separator and not (variant and is_variant(variant)):
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


def create_implementation(workload: Workload, base: str, variant: str = "") -> tuple[str, str]:
    """Return the path and text of a new implementation.

    Raises Problem if the workload does not apply to the base. `base` and `variant` are results of
    `parse_base_and_variant`.
    """
    models = _models_on(base)
    reasons = [
        workload.not_applicable[model] for model in models if model in workload.not_applicable
    ]
    if len(reasons) == len(models):
        raise Problem(
            f"{workload.id} does not apply to {base}: {reasons[0]}; if that is wrong, remove it"
            f" from not_applicable in {workload_path(workload.id)}"
        )
    path = _implementation_path(workload.id, base, variant)
    tasks = workload.shape not in ("server", "footprint")
    has_pieces = "pieces" in workload.params
    message = f"write the work of {path}"
    text = _render(
        (f"{base}.jinja", "python.jinja"),
        workload=workload,
        variant=variant,
        function=f"Run{variant.capitalize()}",
        docstring=BASES[base].docstring,
        awaited=BASES[base].awaited,
        tasks=tasks,
        has_pieces=has_pieces,
        pieces="params.pieces" if has_pieces else "PIECES",
        rules=_format_comment(_list_rules(workload, base), "//" if base == "go" else "#"),
        message=message,
        missing=_format_raise(message),
    )
    return path, text


def _implementation_path(workload: str, base: str, variant: str) -> str:
    if base == "go":
        return f"go/workloads/{workload}/{variant or workload}.go"
    stem = f"on_{base}__{variant}" if variant else f"on_{base}"
    return f"python/workloads/{workload}/{stem}.py"


def _render(templates: Sequence[str], **values: object) -> str:
    """Render the first existing template."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is source code, not HTML
    )
    return environment.select_template(templates).render(**values).strip() + "\n"


def _list_rules(workload: Workload, base: str) -> list[str]:
    """Return the sentences for the top of an implementation."""
    is_go = base == "go"
    sentences = [f"Rules for all implementations of {workload.id} ({workload_path(workload.id)}):"]
    sentences += [f"- {rule}" for rule in workload.rules]
    for name, param in workload.params.items():
        if param.choices:
            access = f'p.String("{name}")' if is_go else f'params.text("{name}")'
            bounds = " or ".join(param.choices)
        else:
            access = f'p.Int("{name}")' if is_go else f"params.{name}"
            bounds = f"{param.least:,} to {param.most:,} {param.unit}"
        sentences.append(f"Parameter: {access}, {bounds}: {param.meaning}.")
    check = workload.cases[CHECK]
    if not workload.load:
        settings = f" ({workload.describe_params(check)})" if check.params else ""
        expected = workload.resolve(CHECK, base).expected
        sentences.append(
            f"The answer is {workload.oracle.text}: {expected:,} in the check case{settings}."
        )
    for observation in workload.observations:
        observe = _observe_function(observation, base)
        wanted = dict.fromkeys(
            observation.wanted_from(model).describe_formula() for model in _models_on(base)
        )
        sentences.append(
            f"Report {observation.name} with {observe}({json.dumps(observation.name)}, n); it must"
            f" be {' or '.join(wanted)}."
        )
    sentences += _list_shape_rules(workload, base)
    sentences.append(
        f"The runner measures the time of {'the function' if is_go else 'run'} and checks the"
        " answer: no timing of the whole, no printing, and nothing is left running."
    )
    return [units.printable(sentence) for sentence in sentences]


def _observe_function(observation: Observation, base: str) -> str:
    """Return how to report a counter: the least of all calls, if each must reach a minimum."""
    least = any(observation.wanted_from(model).is_least for model in _models_on(base))
    if base == "go":
        return "probe.ObserveLeast" if least else "probe.Observe"
    return "probe.observe_least" if least else "probe.observe"


def _models_on(base: str) -> list[str]:
    return [model for model in MODELS if model == base or model.startswith(f"{base}-")]


def _list_shape_rules(workload: Workload, base: str) -> list[str]:
    """Return what the shape of a workload requires besides the answer."""
    is_go, awaited = base == "go", BASES[base].awaited
    if workload.shape == "latency":
        return [f"Report each latency with probe.{'Latency' if is_go else 'latency'}, in ns."]
    if workload.shape == "footprint":
        return [
            f"After each step, call probe.{'Parked' if is_go else 'parked'}(tasks so far), which"
            f" returns when the memory has been read.{_name_example(workload, base)}"
        ]
    if workload.load is None:
        return []
    if is_go:
        until = "serve until ctx ends"
    else:
        waits = "await probe.stopped()" if awaited else "probe.wait_until_stopped()"
        until = f"serve until {waits} returns"
    if workload.load.drains:
        until = "serve until SIGTERM"
    return [
        f"Listen on a free port of 127.0.0.1 (here: {BASES[base].serves}), call"
        f" probe.{'Listening' if is_go else 'listening'}(port), {until}, close normally and"
        f" return 0.{_name_example(workload, base)}"
    ]


def _name_example(workload: Workload, base: str) -> str:
    """Return a sentence that names an implementation to look at; empty if there is none.

    It is that of the first shipped workload of the same shape; servers should also have the same
    load.
    """
    try:
        shipped = workload_file.load_folder(WORKLOADS)
    except Problem:  # another workload file is being written
        return ""

    def difference(other: Workload) -> tuple[bool, bool]:
        application = other.load and other.load.application
        return (
            other.drains != workload.drains,
            application != (workload.load and workload.load.application),
        )

    similar = [other for other in shipped.values() if other.shape == workload.shape]
    for other in sorted(similar, key=difference):
        path = _implementation_path(other.id, base, "")
        if (ROOT / path).is_file():
            return f" Example: {path}."
    return ""


def _format_comment(sentences: list[str], mark: str) -> str:
    """Format sentences as a comment; continuation lines are indented."""
    lines: list[str] = []
    for sentence in sentences:
        lines += textwrap.wrap(
            sentence,
            _LINE_LENGTH,
            initial_indent=f"{mark} ",
            subsequent_indent=f"{mark}   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _format_raise(message: str) -> str:
    """Return a statement that raises the message, formatted as by `ruff format`."""
    quoted = json.dumps(message)
    line = f"raise NotImplementedError({quoted})"
    if len(line) + 4 <= _LINE_LENGTH:
        return line
    return f"raise NotImplementedError(\n        {quoted}\n    )"
