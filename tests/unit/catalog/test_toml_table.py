"""Reading a table key by key: every complaint has the file, the key, the found and the expected."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from harness.catalog.toml_table import TomlTable
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable


def table(path: str = "", **values: Any) -> TomlTable:
    return TomlTable(values, "demo.toml", path)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda t: t.text("key"), "a", "a"),
        (lambda t: t.choice("key", ("a", "b")), "b", "b"),
        (lambda t: t.integer("key"), -3, -3),
        (lambda t: t.integer("key", least=1, most=3), 1, 1),
        (lambda t: t.integer("key", least=1, most=3), 3, 3),
        (lambda t: t.integers("key"), [1, -2], (1, -2)),
        (lambda t: t.integers("key", within=(1, 3)), [1, 3], (1, 3)),
        (lambda t: t.integers("key"), [], ()),
        (lambda t: t.texts("key"), ["a", ""], ("a", "")),
        (lambda t: t.texts_of("key"), {"a": "b"}, {"a": "b"}),
        (lambda t: t.texts_of("key"), {}, {}),
        (lambda t: t.flag("key"), True, True),
        (lambda t: t.flag("key"), False, False),
    ],
)
def test_a_good_value_is_returned(
    read: Callable[[TomlTable], Any], value: Any, expected: Any
) -> None:
    assert read(table(key=value)) == expected


@pytest.mark.parametrize(
    ("read", "value", "rest"),
    [
        (lambda t: t.text("key"), 3, "found 3, expected a text"),
        (lambda t: t.text("key"), "", 'found "", expected a text'),
        (lambda t: t.choice("key", ("a", "b")), "c", 'found "c", expected one of a, b'),
        (lambda t: t.choice("key", ("a", "b")), 1, "found 1, expected one of a, b"),
        (lambda t: t.integer("key"), "3", 'found "3", expected an integer'),
        (lambda t: t.integer("key"), 3.0, "found 3.0, expected an integer"),
        (lambda t: t.integer("key"), True, "found true, expected an integer"),
        (lambda t: t.integer("key", least=1), 0, "found 0, expected an integer of at least 1"),
        (
            lambda t: t.integer("key", least=1, most=3),
            4,
            "found 4, expected an integer from 1 to 3",
        ),
        (lambda t: t.integers("key"), 3, "found 3, expected a list of integers"),
        (lambda t: t.integers("key"), [1, True], "found true, expected a list of integers"),
        (
            lambda t: t.integers("key", within=(1, 3)),
            [1, 4],
            "found 4, expected a list of integers from 1 to 3",
        ),
        (lambda t: t.texts("key"), "a", 'found "a", expected a list of texts'),
        (lambda t: t.texts("key"), ["a", 1], 'found ["a", 1], expected a list of texts'),
        (lambda t: t.flag("key"), 1, "found 1, expected true or false"),
        (lambda t: t.table("key"), 3, "found 3, expected a table"),
        (lambda t: t.optional_table("key"), 3, "found 3, expected a table"),
        (lambda t: t.tables("key"), [], "found [], expected a table"),
        (lambda t: t.rows("key"), {}, "found a table, expected an array of tables"),
        (lambda t: t.rows("key"), [{}, 1], "found 1, expected a table as each element"),
        (
            lambda t: t.text("key"),
            dt.date(2026, 1, 2),
            'found "2026-01-02", expected a text',
        ),
    ],
)
def test_a_bad_value_is_refused_with_file_key_found_and_expected(
    read: Callable[[TomlTable], Any], value: Any, rest: str
) -> None:
    with pytest.raises(Problem) as caught:
        read(table(key=value))
    assert str(caught.value) == f"demo.toml: key: {rest}"


@pytest.mark.parametrize(
    "read",
    [
        lambda t: t.text("key"),
        lambda t: t.choice("key", ("a",)),
        lambda t: t.integer("key"),
        lambda t: t.integers("key"),
        lambda t: t.texts("key"),
        lambda t: t.table("key"),
    ],
)
def test_an_absent_key_without_a_default_is_refused(read: Callable[[TomlTable], Any]) -> None:
    with pytest.raises(Problem, match=r"^demo\.toml: key: found nothing, expected "):
        read(table())


def test_an_absent_key_has_its_default() -> None:
    empty = table()
    assert empty.text("a", "") == ""
    assert empty.choice("b", ("x", "y"), "y") == "y"
    assert empty.integer("c", 5) == 5
    assert empty.integers("d", (1,)) == (1,)
    assert empty.texts("e", ()) == ()
    assert empty.flag("h") is False
    assert empty.tables("f") == []
    assert empty.rows("g") == []


def test_the_key_of_a_nested_value_is_its_whole_path() -> None:
    root = table(cases={"check": {"params": {"tasks": "x"}}}, limits=[{}, {"most": "x"}])
    ((name, case),) = root.tables("cases")
    assert name == "check"
    with pytest.raises(Problem, match=r"^demo\.toml: cases\.check\.params\.tasks: found"):
        case.table("params").integer("tasks")
    with pytest.raises(Problem, match=r"^demo\.toml: limits\[1\]\.most: found"):
        root.rows("limits")[1].integer("most")


def test_tables_come_in_the_order_of_the_file() -> None:
    names = [name for name, _ in table(cases={"b": {}, "a": {}, "c": {}}).tables("cases")]
    assert names == ["b", "a", "c"]


def test_an_unknown_key_is_refused_with_a_similar_one() -> None:
    values = table("sweep", warmup=1, itrations=3)
    values.integer("warmup")
    values.integer("iterations", 1)
    with pytest.raises(Problem) as caught:
        values.refuse_unknown_keys()
    assert str(caught.value) == "demo.toml: sweep.itrations: unknown key, expected 'iterations'"


def test_an_unknown_key_without_a_similar_one_is_refused_with_all_known_keys() -> None:
    values = table(colour="red", title="a", shape="b")
    values.text("title")
    values.text("shape")
    with pytest.raises(Problem) as caught:
        values.refuse_unknown_keys()
    assert str(caught.value) == "demo.toml: colour: unknown key, expected one of shape, title"


def test_a_table_without_unknown_keys_is_accepted() -> None:
    values = table(title="a")
    values.text("title")
    values.refuse_unknown_keys()


def test_a_number_too_long_to_print_is_refused() -> None:
    with pytest.raises(Problem, match=r"^demo\.toml: key: found "):
        table(key=1 << 20_000).text("key")


def test_an_optional_table_that_is_absent_is_none_and_its_key_is_known() -> None:
    empty, misspelt = table(), table(swep={})
    assert empty.optional_table("sweep") is None
    assert misspelt.optional_table("sweep") is None
    with pytest.raises(Problem, match="swep: unknown key, expected 'sweep'"):
        misspelt.refuse_unknown_keys()


def test_an_optional_table_is_read_like_any_other() -> None:
    found = table(sweep={"step": 1}).optional_table("sweep")
    assert found is not None
    assert found.integer("step") == 1
