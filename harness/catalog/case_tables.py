"""The tables of a workload file that make its cases: parameters, sweep, grid, load."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.catalog.fields import (
    KnownModels,
    compute,
    list_numbers,
    read_count,
    read_formula,
    read_formulas_of,
    read_model,
)
from harness.catalog.grid import AT_A_TIME, SHARE, Grid, case_id
from harness.catalog.parts import Case, Load, Param, Sampling, Sweep
from harness.catalog.workload import ALL_CASES, CHECK, HEADLINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.catalog.formula import Formula
    from harness.catalog.toml_table import TomlTable

_CASE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NEEDED_OF = {"echo": ("connections", "message_bytes"), "http": ("connections",)}
_LONGEST_MS = 3_600_000


def read_params(root: TomlTable, models: KnownModels) -> dict[str, Param]:
    """Read the parameters of a workload. Raises Problem."""
    tables = dict(root.tables("params"))
    names = frozenset(name for name, table in tables.items() if "choices" not in table.values)
    params = {name: _param(name, table, names, models) for name, table in tables.items()}
    for name, param in params.items():
        for word in param.unit_of.keys() - {
            word for other in params.values() for word in other.choices
        }:
            raise root.problem(f"params.{name}.unit_of", word, "a word out of some choices")
    return params


def _param(name: str, table: TomlTable, names: frozenset[str], models: KnownModels) -> Param:
    if choices := table.texts("choices", ()):
        param = Param(name, "", 0, 0, table.text("meaning"), choices)
    else:
        unit, least, most = table.text("unit"), table.integer("min"), table.integer("max")
        param = Param(
            name,
            unit,
            least,
            most,
            table.text("meaning"),
            unit_of=table.texts_of("unit_of"),
            most_per_core=table.integer("most_per_core", 0, least=0),
            grown=read_formula(table, "grown", names) if table.text("grown", "") else None,
            grown_of=read_formulas_of(table, "grown_of", names, models),
        )
    table.refuse_unknown_keys()
    if param.least > param.most:
        raise table.problem("max", param.most, f"at least min, which is {param.least}")
    return param


def _sampling(table: TomlTable) -> Sampling:
    return Sampling(
        warmup=table.integer("warmup", 0, least=0),
        iterations=table.integer("iterations", 1, least=1),
        min_sample_ns=table.integer("min_sample_ms", 0, least=0) * 1_000_000,
        timeout_s=table.integer("timeout_s", 30, least=1),
    )


def read_sweep(table: TomlTable, params: dict[str, Param]) -> Sweep:
    """Read the values of the parameter that is swept. Raises Problem."""
    name = table.choice("param", tuple(list_numbers(params)))
    bounds = params[name].least, params[name].most
    sweep = Sweep(
        param=name,
        values=table.integers("values", within=bounds),
        thorough=table.integers("thorough", (), within=bounds),
        sampling=_sampling(table),
    )
    table.refuse_unknown_keys()
    return sweep


def read_cases(
    root: TomlTable,
    params: dict[str, Param],
    sweep: Sweep | None,
    expected: Formula,
    load: Load | None,
) -> dict[str, Case]:
    """Read the cases by hand, and add those of the sweep. Raises Problem."""
    cases: dict[str, Case] = {}
    for id_, table in root.tables("cases"):
        if not _CASE_ID.fullmatch(id_):
            raise table.problem("", id_, "lowercase words joined by hyphens")
        given = table.table("params", {})
        values = {name: _value(given, param) for name, param in params.items()}
        given.refuse_unknown_keys()
        case = Case(
            id_,
            values,
            _sampling(table),
            thorough=table.flag("thorough"),
            label=table.text("label", ""),
            group=table.text("group", ""),
            disturbance_ns=table.integer("disturbance_ns", 0, least=0),
        )
        cases[id_] = case if load is None or id_ == CHECK else _asked(case, table, load)
        if id_ == CHECK:
            # The answer stands in the file, worked out by hand, and the formula must agree: the
            # two would have to be wrong in the same way.
            answer = table.integer("expect")
            right = compute(root.table("oracle"), "value", expected, cases[id_])
            if answer != right:
                raise table.problem("expect", answer, f"what oracle.value gives: {right}")
        table.refuse_unknown_keys()
    for needed in (CHECK, HEADLINE):
        if needed not in cases:
            raise root.problem("cases", ", ".join(cases) or "none", f"one named {needed}")
    if sweep is not None:
        if load is not None:
            _lasts(sweep.sampling, root.table("sweep"), load)
        cases.update(_sweep_cases(root.table("sweep"), sweep, cases))
    return cases


def _value(given: TomlTable, param: Param) -> int | str:
    if param.choices:
        return given.choice(param.name, param.choices)
    return given.integer(param.name, least=param.least, most=param.most)


def read_load(table: TomlTable, names: frozenset[str]) -> Load:
    """Read how a server is asked. Times are in milliseconds, and bounds the generator's own."""
    application = table.choice("application", tuple(_NEEDED_OF))
    is_http = application == "http"
    load = Load(
        application=application,
        path=table.text("path") if is_http else "",
        body=table.text("body") if is_http else "",
        requests=table.integer("check_requests", 20, least=1),
        rate_ms=table.integer("rate_ms", 500, least=1, most=_LONGEST_MS),
        ladder_from=table.integer("ladder_from", 1_000, least=1, most=100_000_000),
        ladder_percent=table.integer("ladder_percent", 150, least=101, most=10_000),
        ladder_steps=table.integer("ladder_steps", 16, least=1, most=1_000),
        connect_ms=table.integer("connect_timeout_ms", 5_000, least=1, most=_LONGEST_MS),
        answer_ms=table.integer("answer_timeout_ms", 5_000, least=1, most=_LONGEST_MS),
        drains=table.flag("drains"),
    )
    if is_http and not load.path.startswith("/"):
        raise table.problem("path", load.path, "a path that begins with /")
    for name in _NEEDED_OF[application]:
        if name not in names:
            raise table.problem(
                "application", application, f"one that needs no parameter {name}, or that parameter"
            )
    table.refuse_unknown_keys()
    return load


def _asked(case: Case, table: TomlTable, load: Load) -> Case:
    """Return a case with the rate and the duration of the load on its server."""
    ladder = not load.drains and table.flag("ladder")
    if ladder:
        return replace(case, ladder=True)
    least = 1 if load.drains else 0
    rate = table.integer("rate_per_s", ... if least else 0, least=least, most=100_000_000)
    _lasts(case.sampling, table, load)
    return replace(case, rate_per_s=rate)


def _lasts(sampling: Sampling, table: TomlTable, load: Load) -> None:
    """Refuse phases without an end: each lasts at least as long as a sample."""
    if sampling.min_sample_ns == 0 and (sampling.warmup or not load.drains):
        raise table.problem("min_sample_ms", 0, "at least 1: it is how long a server is asked")


def _sweep_cases(table: TomlTable, sweep: Sweep, by_hand: dict[str, Case]) -> dict[str, Case]:
    cases = {}
    headline = by_hand[HEADLINE].params
    for value in (*sweep.values, *sweep.thorough):
        if value == headline[sweep.param]:
            continue  # the headline case is that point
        id_ = f"{sweep.param}-{value}"
        if id_ in by_hand:
            raise table.problem("values", value, f"a value whose case {id_} is not defined yet")
        point = {**headline, sweep.param: value}
        cases[id_] = Case(id_, point, sweep.sampling, thorough=value in sweep.thorough)
    return cases


def read_grid(
    root: TomlTable, params: dict[str, Param], cases: dict[str, Case], models: KnownModels
) -> Grid | None:
    """Read the grid, and add its cases to the others."""
    table = root.optional_table("grid")
    if table is None:
        return None
    numbers = tuple(list_numbers(params))
    at_a_time = table.choice("concurrency", numbers)
    most = params[at_a_time].most
    first_shares, more_shares = _axis(table, "shares", 100), _axis(table, "more_shares", 100)
    first_counts, more_counts = (
        _axis(table, "at_a_time", most),
        _axis(table, "more_at_a_time", most),
    )
    shares, counts = sorted({*first_shares, *more_shares}), sorted({*first_counts, *more_counts})
    places = {(i, j): (x, y) for i, x in enumerate(shares) for j, y in enumerate(counts)}
    without, metrics = table.table("without", {}), table.texts("metrics")
    used = table.text("used", "")
    for key, name in (("used", used), *(("metrics", name) for name in metrics)):
        if name and name not in root.table("metrics").values:
            raise table.problem(key, name, "one of the metrics")
    grid = Grid(
        cpu=table.choice("cpu", numbers),
        wait=table.choice("wait", numbers),
        at_a_time=at_a_time,
        shares=tuple(shares),
        counts=tuple(counts),
        first=frozenset(
            at for at, (x, y) in places.items() if x in first_shares and y in first_counts
        ),
        cases={at: case_id(*place) for at, place in places.items()},
        metrics=metrics,
        used=used,
        without={
            read_model(without, model, models): without.text(model) for model in without.values
        },
    )
    _add_points(table, params, cases, list(places.values()))
    table.refuse_unknown_keys()
    return grid


def _add_points(
    table: TomlTable,
    params: Mapping[str, Param],
    cases: dict[str, Case],
    places: Sequence[tuple[int, int]],
) -> None:
    """Add a case for each point of a grid; formulas give its parameters."""
    given, sampling = table.table("params"), _sampling(table)
    formulas = {name: read_count(given, name, frozenset({SHARE, AT_A_TIME})) for name in params}
    given.refuse_unknown_keys()
    for share, count in places:
        place = {SHARE: share, AT_A_TIME: count}
        values: dict[str, int | str] = {
            name: _grid_value(given, params[name], formula, place)
            for name, formula in formulas.items()
        }
        id_ = case_id(share, count)
        cases[id_] = Case(id_, values, sampling)


def _axis(table: TomlTable, key: str, most: int) -> tuple[int, ...]:
    """Read the values along one side of a grid; those that are added later may be none."""
    default = () if key.startswith("more_") else ...
    return table.integers(key, default, within=(0 if key.endswith("shares") else 1, most))


def _grid_value(table: TomlTable, param: Param, formula: Formula, place: Mapping[str, int]) -> int:
    """Return a parameter at a point of the grid. Raises Problem if it is out of bounds."""
    try:
        value = int(formula(place))
    except ArithmeticError as error:
        raise table.problem(
            param.name, formula.text, f"a value at {dict(place)} ({error})"
        ) from None
    if not param.least <= value <= param.most:
        expected = f"a value from {param.least} to {param.most}, but at {dict(place)} it is {value}"
        raise table.problem(param.name, formula.text, expected)
    return value


def read_alone(root: TomlTable, cases: Mapping[str, Case]) -> dict[str, str]:
    """Read why the contestants of cases do not take turns. Raises Problem."""
    table = root.table("alone", {})
    for case in table.values:
        if case not in (ALL_CASES, *cases):
            raise table.problem("", case, f"{ALL_CASES} or one of the cases: {', '.join(cases)}")
    return {case: table.text(case) for case in table.values}


def read_on_runtimes(root: TomlTable, cases: Mapping[str, Case]) -> tuple[str, ...]:
    """Read the cases in which the runtime matters most. Raises Problem."""
    named = root.texts("on_runtimes", ())
    for case in named:
        if case not in (ALL_CASES, *cases):
            raise root.problem("on_runtimes", case, f"{ALL_CASES} or one of {', '.join(cases)}")
    return tuple(cases) if ALL_CASES in named else named
