"""Workload files -> `Workload`. Pure but for `load_folder`.

Every error is `file: key: found ..., expected ...`; nothing that is misspelt is ignored.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.catalog.contestant import Contestant, is_model_id, is_variant, parse_name
from harness.catalog.formula import Formula
from harness.catalog.grid import AT_A_TIME, SHARE, Grid, case_id
from harness.catalog.toml_table import TomlTable
from harness.catalog.workload import (
    ALL_CASES,
    CHECK,
    HEADLINE,
    LATENCIES,
    MODELS,
    SHAPES,
    SITE_PORT,
    TOPICS,
    AdviceTexts,
    Case,
    Exclusion,
    LateLimit,
    Limit,
    Load,
    Metric,
    Observation,
    Param,
    PlaceChoice,
    Sampling,
    Site,
    Sweep,
    VariantGroup,
    WantedCount,
    Workload,
    is_workload_id,
)
from harness.errors import Problem
from harness.files import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_CASE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NEEDED_OF = {"echo": ("connections", "message_bytes"), "http": ("connections",)}
_LONGEST_MS = 3_600_000
_SHAPES_OF_WORK = ("makespan", "rate")
_OF_A_SAMPLE = frozenset({"elapsed_ns", "cpu_ns", "operations", "ideal_ns"})
_OF_A_TRIAL = {
    "rate": LATENCIES,
    "latency": LATENCIES | {"early_share"},
    "server": LATENCIES | {"capacity_per_s", "lost", "exit_ns", "server_cpu_ns"},
    "footprint": frozenset(
        f"{part}bytes_per_task" for part in ("", "user_", "kernel_", "virtual_")
    ),
}
_MEASURED = _OF_A_SAMPLE.union(*_OF_A_TRIAL.values())


@dataclass(frozen=True)
class _Models:
    """The models that a file may name: ours, and in a file from outside any that could be."""

    from_outside: bool

    def __contains__(self, model: str) -> bool:
        return model in MODELS or (self.from_outside and is_model_id(model))

    def __str__(self) -> str:
        return ", ".join(MODELS) + (" or another model's name" if self.from_outside else "")


def load_folder(folder: Path, *, from_outside: bool = False) -> dict[str, Workload]:
    """Read every workload file of a folder. Raises Problem on the first thing that is wrong.

    A file from outside may speak of models that are not ours, and messages name its whole path.
    """
    workloads = {}
    for path in sorted(folder.glob("*.toml")):
        file = str(path) if from_outside else path.name
        text = read_text(path, file)
        workloads[path.stem] = parse(path.stem, text, file, from_outside=from_outside)
    if not workloads:
        raise Problem(f"{folder}: found no workload file, expected at least one *.toml")
    return workloads


def parse(id_: str, text: str, file: str, *, from_outside: bool = False) -> Workload:
    """Read the text of one workload file. Raises Problem."""
    if not is_workload_id(id_):
        raise Problem(f"{file}: found the id {id_!r}, expected one lowercase word")
    try:
        root = TomlTable(tomllib.loads(text), file)
    except (ValueError, RecursionError) as error:  # also for numbers or nesting beyond all measure
        raise Problem(f"{file}: not valid TOML: {error}") from None
    workload = _workload(id_, root, text, _Models(from_outside))
    _check_grown(root, workload)
    _check_formulas(root, workload)
    for table in (root.table("oracle"), root.table("work"), root):
        table.refuse_unknown_keys()
    if not workload.metrics:
        raise Problem(f"{file}: metrics: found none, expected at least one")
    first = workload.headline_metric
    if not first.describe_better():
        table = root.table("metrics").table(first.id)
        raise table.problem("better", first.better, "lower or higher, since it is the first metric")
    return workload


def _workload(id_: str, root: TomlTable, text: str, models: _Models) -> Workload:
    params = _params(root, models)
    names = frozenset(_numbers(params))
    if "site" in root.values and SITE_PORT in params:
        raise root.problem("params", SITE_PORT, "another name: this is the parameter of the site")
    work, oracle = root.table("work"), _formula(root.table("oracle"), "value", names)
    shape = root.choice("shape", SHAPES)
    load = _load(root.table("load"), names) if shape == "server" else None
    swept, advice, late, site = map(root.optional_table, ("sweep", "advice", "late", "site"))
    sweep = None if swept is None else _sweep(swept, params)
    cases = _cases(root, params, sweep, oracle, load)
    grid = _grid(root, params, cases, models)
    observations = _observations(root, params, names, models)
    counters = frozenset(observation.name for observation in observations)
    measured = names | _OF_A_SAMPLE | _OF_A_TRIAL.get(shape, frozenset()) | counters
    return Workload(
        id=id_,
        title=root.text("title"),
        question=root.text("question"),
        topic=root.choice("topic", TOPICS) if "topic" in root.values else "",
        shape=shape,
        is_floor=root.flag("floor"),
        rules=root.texts("rules"),
        params=params,
        oracle=oracle,
        operations=_formula(work, "operations", names),
        ideal_ns=_formula(work, "ideal_ns", names) if "ideal_ns" in work.values else None,
        ideal_ns_of=_formulas_of(work, "ideal_ns_of", names, models),
        grows_with=_grows_with(work, params, shape),
        cases=cases,
        sweep=sweep,
        grid=grid,
        metrics={
            name: _metric(name, table, measured, names, models)
            for name, table in root.tables("metrics")
        },
        limits=tuple(_limit(row, params, models) for row in root.rows("limits")),
        not_applicable=_not_applicable(root, models),
        alone=_alone(root, cases),
        observations=observations,
        contrasts=_contrasts(root, id_, models),
        exclusions=tuple(_exclusion(row, params, models) for row in root.rows("exclusions")),
        load=load,
        site=None if site is None else _site(site, names, shape),
        advice=None if advice is None else _advice(advice, cases),
        late=None if late is None else _late(late),
        groups=_groups(root, models),
        text=text,
    )


def _grows_with(work: TomlTable, params: Mapping[str, Param], shape: str) -> str:
    """Return the parameter that time is proportional to; empty if there is none."""
    if "grows_with" not in work.values:
        return ""
    name = work.choice("grows_with", tuple(sorted(_numbers(params))))
    if shape not in _SHAPES_OF_WORK or "ideal_ns" in work.values:
        raise work.problem(
            "grows_with",
            name,
            f"it only for the shapes {' and '.join(_SHAPES_OF_WORK)}, without ideal_ns: other times"
            " are not proportional to the work",
        )
    return name


def _check_formulas(root: TomlTable, workload: Workload) -> None:
    """Refuse formulas that have no value in some case, and cases without an operation."""
    oracle, work = root.table("oracle"), root.table("work")
    ideal_ns_of = work.table("ideal_ns_of", {})
    for case in workload.cases.values():
        _computed(oracle, "value", workload.oracle, case)
        count = _computed(work, "operations", workload.operations, case)
        if int(count) < 1:
            raise work.problem(
                "operations",
                workload.operations.text,
                f"at least 1 in every case, but in {case.id} it is {count}",
            )
        if workload.ideal_ns is not None:
            _computed(work, "ideal_ns", workload.ideal_ns, case)
        for model, formula in workload.ideal_ns_of.items():
            _computed(ideal_ns_of, model, formula, case)
        for observation in workload.observations:
            table = root.table("observed").table(observation.name)
            for wanted in (observation.wanted, *observation.wanted_of.values()):
                _computed(table, "", wanted.formula, case)
        for key, formula in vars(workload.site).items() if workload.site else ():
            _computed(root.table("site"), key, formula, case)


def _check_grown(root: TomlTable, workload: Workload) -> None:
    """Refuse parameters that grow beyond their bounds in some case that a model runs."""
    for name, param in workload.params.items():
        table = root.table("params").table(name)
        for model in ("", *param.grown_of):
            formula = param.formula_for(model)
            for case in workload.cases.values():
                if formula is None or workload.find_limit(case, model):
                    continue
                value = int(_computed(table, "grown", formula, case))
                if not param.least <= value <= param.most:
                    expected = f"a value from {param.least} to {param.most} in the case {case.id}"
                    raise table.problem("grown", value, expected)


def _advice(table: TomlTable, cases: Mapping[str, Case]) -> AdviceTexts:
    texts = AdviceTexts(
        work=table.text("work"),
        judged_by=table.text("judged_by"),
        places=tuple(_place_choice(row, cases) for row in table.rows("places")),
    )
    table.refuse_unknown_keys()
    return texts


def _place_choice(row: TomlTable, cases: Mapping[str, Case]) -> PlaceChoice:
    choice = PlaceChoice(row.text("judged_by"), row.texts_of("options"))
    for case in choice.options:
        if case not in cases:
            raise row.problem("options", case, f"one of the cases: {', '.join(cases)}")
    row.refuse_unknown_keys()
    return choice


def _late(table: TomlTable) -> LateLimit:
    limit = LateLimit(table.integer("limit_ns", least=1), table.text("event"))
    table.refuse_unknown_keys()
    return limit


def _site(table: TomlTable, names: frozenset[str], shape: str) -> Site:
    if shape not in _SHAPES_OF_WORK:
        expected = f"a site only for the shapes {' and '.join(_SHAPES_OF_WORK)}"
        raise table.problem("", shape, expected)
    site = Site(
        pages=_count(table, "pages", names),
        broken=_count(table, "broken", names, 0),
        page_bytes=_count(table, "page_bytes", names),
        links=_count(table, "links", names, 0),
        delay_ns=_count(table, "delay_ns", names),
    )
    table.refuse_unknown_keys()
    return site


def _groups(root: TomlTable, models: _Models) -> tuple[VariantGroup, ...]:
    """Read groups of contestants; each variant, and each model, belongs to one at most."""
    groups: list[VariantGroup] = []
    seen: set[str] = set()
    grouped: set[str] = set()
    for row in root.rows("groups"):
        of_models = row.texts("models", ())
        group = VariantGroup(
            row.text("label"), row.texts("variants", () if of_models else ...), of_models
        )
        for variant in group.variants:
            if variant in seen or not is_variant(variant):
                raise row.problem("variants", variant, "a variant that is in no other group")
            seen.add(variant)
        for model in group.models:
            if model in grouped or model not in models:
                raise row.problem("models", model, f"a model in no other group, of {models}")
            grouped.add(model)
        row.refuse_unknown_keys()
        groups.append(group)
    if groups and "" not in groups[0].variants:
        raise root.problem(
            "groups[0].variants", groups[0].variants, 'also "", the plain implementations'
        )
    return tuple(groups)


def _params(root: TomlTable, models: _Models) -> dict[str, Param]:
    tables = dict(root.tables("params"))
    names = frozenset(name for name, table in tables.items() if "choices" not in table.values)
    params = {name: _param(name, table, names, models) for name, table in tables.items()}
    for name, param in params.items():
        for word in param.unit_of.keys() - {
            word for other in params.values() for word in other.choices
        }:
            raise root.problem(f"params.{name}.unit_of", word, "a word out of some choices")
    return params


def _param(name: str, table: TomlTable, names: frozenset[str], models: _Models) -> Param:
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
            grown=_formula(table, "grown", names) if table.text("grown", "") else None,
            grown_of=_formulas_of(table, "grown_of", names, models),
        )
    table.refuse_unknown_keys()
    if param.least > param.most:
        raise table.problem("max", param.most, f"at least min, which is {param.least}")
    return param


def _numbers(params: Mapping[str, Param]) -> list[str]:
    """Return the parameters that are numbers and not words."""
    return [name for name, param in params.items() if not param.choices]


def _formula(table: TomlTable, key: str, names: frozenset[str]) -> Formula:
    text = table.text(key, expected="a formula")
    try:
        formula = Formula(text)
    except ValueError as error:
        raise table.problem(key, text, f"a formula ({error})") from None
    strangers = sorted(formula.names - names)
    if strangers:
        known = ", ".join(sorted(names)) or "none"
        raise table.problem(key, text, f"a formula of these names: {known}; not {strangers[0]}")
    return formula


def _formulas_of(
    table: TomlTable, key: str, names: frozenset[str], models: _Models
) -> dict[str, Formula]:
    """Read a table of formulas by model; empty if it is absent."""
    others = table.table(key, {})
    return {
        _model(others, model, models): _formula(others, model, names) for model in others.values
    }


def _sampling(table: TomlTable) -> Sampling:
    return Sampling(
        warmup=table.integer("warmup", 0, least=0),
        iterations=table.integer("iterations", 1, least=1),
        min_sample_ns=table.integer("min_sample_ms", 0, least=0) * 1_000_000,
        timeout_s=table.integer("timeout_s", 30, least=1),
    )


def _sweep(table: TomlTable, params: dict[str, Param]) -> Sweep:
    name = table.choice("param", tuple(_numbers(params)))
    bounds = params[name].least, params[name].most
    sweep = Sweep(
        param=name,
        values=table.integers("values", within=bounds),
        thorough=table.integers("thorough", (), within=bounds),
        sampling=_sampling(table),
    )
    table.refuse_unknown_keys()
    return sweep


def _cases(
    root: TomlTable,
    params: dict[str, Param],
    sweep: Sweep | None,
    expected: Formula,
    load: Load | None,
) -> dict[str, Case]:
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
            right = _computed(root.table("oracle"), "value", expected, cases[id_])
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


def _load(table: TomlTable, names: frozenset[str]) -> Load:
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
    """Return a case with how fast its server is asked, and for how long."""
    ladder = not load.drains and table.flag("ladder")
    if ladder:
        return replace(case, ladder=True)
    least = 1 if load.drains else 0
    rate = table.integer("rate_per_s", ... if least else 0, least=least, most=100_000_000)
    _lasts(case.sampling, table, load)
    return replace(case, rate_per_s=rate)


def _lasts(sampling: Sampling, table: TomlTable, load: Load) -> None:
    """Refuse phases without an end: one lasts for as long as a sample is to last, at least."""
    if sampling.min_sample_ns == 0 and (sampling.warmup or not load.drains):
        raise table.problem("min_sample_ms", 0, "at least 1: it is how long a server is asked")


def _exclusion(row: TomlTable, params: dict[str, Param], models: _Models) -> Exclusion:
    model = row.text("model", expected=f"one of {models}")
    if model not in models:
        raise row.problem("model", model, f"one of {models}")
    words = tuple(name for name, param in params.items() if param.choices)
    name = row.choice("param", words)
    values = row.texts("values")
    for value in values:
        if value not in params[name].choices:
            raise row.problem("values", value, f"one of {', '.join(params[name].choices)}")
    exclusion = Exclusion(model, name, values, row.text("reason"))
    row.refuse_unknown_keys()
    return exclusion


def _sweep_cases(table: TomlTable, sweep: Sweep, by_hand: dict[str, Case]) -> dict[str, Case]:
    cases = {}
    headline = by_hand[HEADLINE].params
    for value in (*sweep.values, *sweep.thorough):
        if value == headline[sweep.param]:
            continue  # the headline case is that point
        id_ = f"{sweep.param}-{value}"
        if id_ in by_hand:
            raise table.problem("values", value, f"none that is a case of its own, as {id_} is")
        point = {**headline, sweep.param: value}
        cases[id_] = Case(id_, point, sweep.sampling, thorough=value in sweep.thorough)
    return cases


def _grid(
    root: TomlTable, params: dict[str, Param], cases: dict[str, Case], models: _Models
) -> Grid | None:
    """Read the grid, and add its cases to the others."""
    table = root.optional_table("grid")
    if table is None:
        return None
    numbers = tuple(_numbers(params))
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
        without={_model(without, model, models): without.text(model) for model in without.values},
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
    formulas = {name: _count(given, name, frozenset({SHARE, AT_A_TIME})) for name in params}
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


def _computed(table: TomlTable, key: str, formula: Formula, case: Case) -> int | float:
    try:
        return formula(case.params)
    except ArithmeticError as error:
        raise table.problem(
            key, formula.text, f"a formula that has a value in the case {case.id} ({error})"
        ) from None


def _metric(
    name: str,
    table: TomlTable,
    measured: frozenset[str],
    params: frozenset[str],
    models: _Models,
) -> Metric:
    metric = Metric(
        id=name,
        label=table.text("label"),
        unit=table.text("unit"),
        better=table.choice("better", ("lower", "higher", "neither")),
        formula=_formula(table, "formula", measured),
        baselines=table.texts("baselines", ()),
        ideal=_formula(table, "ideal", params) if "ideal" in table.values else None,
    )
    for model in metric.baselines:
        if model not in models:
            raise table.problem("baselines", model, f"one of {models}")
    table.refuse_unknown_keys()
    return metric


def _limit(row: TomlTable, params: dict[str, Param], models: _Models) -> Limit:
    model = row.text("model", expected=f"one of {models}")
    if model not in models:
        raise row.problem("model", model, f"one of {models}")
    limit = Limit(
        model=model,
        param=row.choice("param", tuple(sorted(_numbers(params)))),
        most=row.integer("most"),
        reason=row.text("reason"),
        clamps=row.flag("clamps"),
    )
    least = params[limit.param].least
    if limit.clamps and limit.most < least:
        raise row.problem("most", limit.most, f"at least min of {limit.param}, which is {least}")
    row.refuse_unknown_keys()
    return limit


def _observations(
    root: TomlTable, params: Mapping[str, Param], names: frozenset[str], models: _Models
) -> tuple[Observation, ...]:
    tables = root.tables("observed")
    for name, _ in tables:
        if name in params or name in _MEASURED:
            raise root.problem("observed", name, "a counter with a name of its own")
    return tuple(_observation(name, table, names, models) for name, table in tables)


def _observation(
    name: str, table: TomlTable, names: frozenset[str], models: _Models
) -> Observation:
    key = next((key for key in ("at_least", "at_most") if key in table.values), "expected")
    wanted_of = {}
    for group in ("expected", "at_least", "at_most"):
        others = table.table(f"{group}_of", {})
        for model in others.values:
            if _model(others, model, models) in wanted_of:
                raise others.problem(model, others.values[model], "a model in one table only")
            wanted_of[model] = _wanted(others, model, names, group)
    wanted = _wanted(table, key, names, key)
    observation = Observation(name, wanted, wanted_of)
    table.refuse_unknown_keys()
    return observation


def _wanted(table: TomlTable, key: str, names: frozenset[str], kind: str) -> WantedCount:
    """Read the value of a counter, or its bound: an integer or a formula."""
    return WantedCount(_count(table, key, names), kind == "at_least", kind == "at_most")


def _count(
    table: TomlTable, key: str, names: frozenset[str], default: int | None = None
) -> Formula:
    """Read an integer or a formula."""
    if type(table.values.get(key, default)) is int:
        return Formula(str(table.integer(key, ... if default is None else default)))
    return _formula(table, key, names)


def _not_applicable(root: TomlTable, models: _Models) -> dict[str, str]:
    table = root.table("not_applicable", {})
    return {_model(table, model, models): table.text(model) for model in table.values}


def _alone(root: TomlTable, cases: Mapping[str, Case]) -> dict[str, str]:
    table = root.table("alone", {})
    for case in table.values:
        if case not in (ALL_CASES, *cases):
            raise table.problem("", case, f"{ALL_CASES} or one of the cases: {', '.join(cases)}")
    return {case: table.text(case) for case in table.values}


def _contrasts(
    root: TomlTable, id_: str, models: _Models
) -> tuple[tuple[Contestant, Contestant], ...]:
    contrasts = []
    for row in root.rows("contrasts"):
        contrasts.append(
            (_contestant(row, "this", id_, models), _contestant(row, "to", id_, models))
        )
        row.refuse_unknown_keys()
    return tuple(contrasts)


def _contestant(row: TomlTable, key: str, id_: str, models: _Models) -> Contestant:
    text = row.text(key)
    contestant = parse_name(id_, text)
    if contestant is None or contestant.model not in models:
        raise row.problem(key, text, f"a model, or `model · variant`: {models}")
    return contestant


def _model(table: TomlTable, model: str, models: _Models) -> str:
    if model not in models:
        raise Problem(
            f"{table.file}: {table.path}: found the model {model!r}, expected one of {models}"
        )
    return model
