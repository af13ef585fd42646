"""Fields that many tables of a workload file have: formulas, and the names of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.catalog.contestant import is_model_id
from harness.catalog.formula import Formula
from harness.catalog.workload import MODELS
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.catalog.parts import Case, Param
    from harness.catalog.toml_table import TomlTable


@dataclass(frozen=True)
class KnownModels:
    """The models that a file may name: ours, and in a file from outside any that could be."""

    from_outside: bool

    def __contains__(self, model: str) -> bool:
        return model in MODELS or (self.from_outside and is_model_id(model))

    def __str__(self) -> str:
        return ", ".join(MODELS) + (" or another model's name" if self.from_outside else "")


def list_numbers(params: Mapping[str, Param]) -> list[str]:
    """Return the parameters that are numbers and not words."""
    return [name for name, param in params.items() if not param.choices]


def read_formula(table: TomlTable, key: str, names: frozenset[str]) -> Formula:
    """Read a formula that uses no other names. Raises Problem."""
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


def read_formulas_of(
    table: TomlTable, key: str, names: frozenset[str], models: KnownModels
) -> dict[str, Formula]:
    """Read a table of formulas by model; empty if it is absent."""
    others = table.table(key, {})
    return {
        read_model(others, model, models): read_formula(others, model, names)
        for model in others.values
    }


def compute(table: TomlTable, key: str, formula: Formula, case: Case) -> int | float:
    """Return the value of a formula in a case. Raises Problem if it has none."""
    try:
        return formula(case.params)
    except ArithmeticError as error:
        raise table.problem(
            key, formula.text, f"a formula that has a value in the case {case.id} ({error})"
        ) from None


def read_count(
    table: TomlTable, key: str, names: frozenset[str], default: int | None = None
) -> Formula:
    """Read an integer or a formula."""
    if type(table.values.get(key, default)) is int:
        return Formula(str(table.integer(key, ... if default is None else default)))
    return read_formula(table, key, names)


def read_model(table: TomlTable, model: str, models: KnownModels) -> str:
    """Return the key of a table if it is a known model. Raises Problem."""
    if model not in models:
        raise Problem(
            f"{table.file}: {table.path}: found the model {model!r}, expected one of {models}"
        )
    return model
