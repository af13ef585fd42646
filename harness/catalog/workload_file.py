"""Workload files -> `Workload`. Pure but for `load_folder`.

Every error is `file: key: found ..., expected ...`; nothing that is misspelt is ignored.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from harness.catalog.case_tables import (
    read_alone,
    read_cases,
    read_grid,
    read_load,
    read_on_runtimes,
    read_params,
    read_sweep,
)
from harness.catalog.contestant import Contestant, is_variant, parse_name
from harness.catalog.fields import (
    KnownModels,
    compute,
    list_numbers,
    read_count,
    read_formula,
    read_formulas_of,
    read_model,
)
from harness.catalog.parts import (
    RATIO,
    RELATIONS,
    AdviceTexts,
    Case,
    Exclusion,
    LateLimit,
    Limit,
    Metric,
    Observation,
    Param,
    PlaceChoice,
    Site,
    VariantGroup,
    WantedCount,
)
from harness.catalog.toml_table import TomlTable
from harness.catalog.workload import (
    ALL_MODELS,
    LATENCIES,
    SHAPES,
    SITE_PORT,
    TOPICS,
    Workload,
    is_workload_id,
)
from harness.errors import Problem
from harness.files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_LONGEST_RUN_UP_MS = 1_000
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
    workload = _workload(id_, root, text, KnownModels(from_outside))
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


def _workload(id_: str, root: TomlTable, text: str, models: KnownModels) -> Workload:
    params = read_params(root, models)
    names = frozenset(list_numbers(params))
    if "site" in root.values and SITE_PORT in params:
        raise root.problem("params", SITE_PORT, "another name: this is the parameter of the site")
    work, oracle = root.table("work"), read_formula(root.table("oracle"), "value", names)
    shape = root.choice("shape", SHAPES)
    load = read_load(root.table("load"), names) if shape == "server" else None
    swept, advice, late, site = map(root.optional_table, ("sweep", "advice", "late", "site"))
    sweep = None if swept is None else read_sweep(swept, params)
    cases = read_cases(root, params, sweep, oracle, load)
    grid = read_grid(root, params, cases, models)
    observations = _observations(root, params, names, models)
    measured = names | _list_measured(shape, observations)
    return Workload(
        id=id_,
        title=root.text("title"),
        question=root.text("question"),
        topic=root.choice("topic", TOPICS) if "topic" in root.values else "",
        shape=shape,
        is_floor=root.flag("floor"),
        starts_alone=root.flag("starts_alone"),
        rules=root.texts("rules"),
        params=params,
        oracle=oracle,
        operations=read_formula(work, "operations", names),
        ideal_ns=read_formula(work, "ideal_ns", names) if "ideal_ns" in work.values else None,
        ideal_ns_of=read_formulas_of(work, "ideal_ns_of", names, models),
        grows_with=_grows_with(work, params, shape),
        cases=cases,
        sweep=sweep,
        grid=grid,
        metrics=_metrics(root, measured, names, models),
        limits=tuple(_limit(row, params, models) for row in root.rows("limits")),
        not_growing=_reasons_of(work, "not_growing", models),
        not_applicable=_reasons_of(root, "not_applicable", models),
        on_runtimes=read_on_runtimes(root, cases),
        alone=read_alone(root, cases),
        run_ups_ns=_run_ups(root, models),
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


def _run_ups(root: TomlTable, models: KnownModels) -> dict[str, int]:
    table = root.table("run_up_ms", {})
    for model in table.values:
        if model != ALL_MODELS and model not in models:
            raise table.problem("", model, f"{ALL_MODELS} or one of {models}")
    return {
        model: table.integer(model, least=1, most=_LONGEST_RUN_UP_MS) * 1_000_000
        for model in table.values
    }


def _list_measured(shape: str, observations: Iterable[Observation]) -> frozenset[str]:
    """Return the names of what is measured, for the formulas of metrics."""
    counters = {observation.name for observation in observations}
    return _OF_A_SAMPLE | _OF_A_TRIAL.get(shape, frozenset()) | counters


def _grows_with(work: TomlTable, params: Mapping[str, Param], shape: str) -> str:
    """Return the parameter that time is proportional to; empty if there is none."""
    if "grows_with" not in work.values:
        return ""
    name = work.choice("grows_with", tuple(sorted(list_numbers(params))))
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
        compute(oracle, "value", workload.oracle, case)
        count = compute(work, "operations", workload.operations, case)
        if int(count) < 1:
            raise work.problem(
                "operations",
                workload.operations.text,
                f"at least 1 in every case, but in {case.id} it is {count}",
            )
        if workload.ideal_ns is not None:
            compute(work, "ideal_ns", workload.ideal_ns, case)
        for model, formula in workload.ideal_ns_of.items():
            compute(ideal_ns_of, model, formula, case)
        for observation in workload.observations:
            table = root.table("observed").table(observation.name)
            for wanted in (observation.wanted, *observation.wanted_of.values()):
                compute(table, "", wanted.formula, case)
        for key, formula in vars(workload.site).items() if workload.site else ():
            compute(root.table("site"), key, formula, case)


def _check_grown(root: TomlTable, workload: Workload) -> None:
    """Refuse parameters that grow beyond their bounds in some case that a model runs."""
    for name, param in workload.params.items():
        table = root.table("params").table(name)
        for model in ("", *param.grown_of):
            formula = param.formula_for(model)
            for case in workload.cases.values():
                if formula is None or workload.find_limit(case, model):
                    continue
                value = int(compute(table, "grown", formula, case))
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
        pages=read_count(table, "pages", names),
        broken=read_count(table, "broken", names, 0),
        page_bytes=read_count(table, "page_bytes", names),
        links=read_count(table, "links", names, 0),
        delay_ns=read_count(table, "delay_ns", names),
    )
    table.refuse_unknown_keys()
    return site


def _groups(root: TomlTable, models: KnownModels) -> tuple[VariantGroup, ...]:
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


def _exclusion(row: TomlTable, params: dict[str, Param], models: KnownModels) -> Exclusion:
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


def _metrics(
    root: TomlTable, measured: frozenset[str], params: frozenset[str], models: KnownModels
) -> dict[str, Metric]:
    return {
        name: _metric(name, table, measured, params, models)
        for name, table in root.tables("metrics")
    }


def _metric(
    name: str,
    table: TomlTable,
    measured: frozenset[str],
    params: frozenset[str],
    models: KnownModels,
) -> Metric:
    metric = Metric(
        id=name,
        label=table.text("label"),
        unit=table.text("unit"),
        better=table.choice("better", ("lower", "higher", "neither")),
        formula=read_formula(table, "formula", measured),
        baselines=table.texts("baselines", ()),
        ideal=read_formula(table, "ideal", params) if "ideal" in table.values else None,
        relation=table.choice("relation", RELATIONS, RATIO),
    )
    for model in metric.baselines:
        if model not in models:
            raise table.problem("baselines", model, f"one of {models}")
    if "relation" in table.values and not metric.baselines:
        raise table.problem("relation", metric.relation, "it only beside `baselines`")
    table.refuse_unknown_keys()
    return metric


def _limit(row: TomlTable, params: dict[str, Param], models: KnownModels) -> Limit:
    model = row.text("model", expected=f"one of {models}")
    if model not in models:
        raise row.problem("model", model, f"one of {models}")
    limit = Limit(
        model=model,
        param=row.choice("param", tuple(sorted(list_numbers(params)))),
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
    root: TomlTable, params: Mapping[str, Param], names: frozenset[str], models: KnownModels
) -> tuple[Observation, ...]:
    tables = root.tables("observed")
    for name, _ in tables:
        if name in params or name in _MEASURED:
            raise root.problem("observed", name, "a counter with a name of its own")
    return tuple(_observation(name, table, names, models) for name, table in tables)


def _observation(
    name: str, table: TomlTable, names: frozenset[str], models: KnownModels
) -> Observation:
    key = next((key for key in ("at_least", "at_most") if key in table.values), "expected")
    wanted_of = {}
    for group in ("expected", "at_least", "at_most"):
        others = table.table(f"{group}_of", {})
        for model in others.values:
            if read_model(others, model, models) in wanted_of:
                raise others.problem(model, others.values[model], "a model in one table only")
            wanted_of[model] = _wanted(others, model, names, group)
    wanted = _wanted(table, key, names, key)
    observation = Observation(name, wanted, wanted_of)
    table.refuse_unknown_keys()
    return observation


def _wanted(table: TomlTable, key: str, names: frozenset[str], kind: str) -> WantedCount:
    """Read the value of a counter, or its bound: an integer or a formula."""
    return WantedCount(read_count(table, key, names), kind == "at_least", kind == "at_most")


def _reasons_of(parent: TomlTable, key: str, models: KnownModels) -> dict[str, str]:
    table = parent.table(key, {})
    return {read_model(table, model, models): table.text(model) for model in table.values}


def _contrasts(
    root: TomlTable, id_: str, models: KnownModels
) -> tuple[tuple[Contestant, Contestant], ...]:
    contrasts = []
    for row in root.rows("contrasts"):
        contrasts.append(
            (_contestant(row, "this", id_, models), _contestant(row, "to", id_, models))
        )
        row.refuse_unknown_keys()
    return tuple(contrasts)


def _contestant(row: TomlTable, key: str, id_: str, models: KnownModels) -> Contestant:
    text = row.text(key)
    contestant = parse_name(id_, text)
    if contestant is None or contestant.model not in models:
        raise row.problem(key, text, f"a model, or `model · variant`: {models}")
    return contestant
