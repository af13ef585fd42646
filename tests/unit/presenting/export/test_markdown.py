"""A run as Markdown: one table a case, and a text shown as it was said."""

from __future__ import annotations

import pytest

from harness.presenting.export import markdown
from tests.support.exports import analysed, exported


def tables() -> list[list[str]]:
    """Return the rows of each table."""
    blocks = exported("markdown").split("\n\n")
    return [block.splitlines() for block in blocks if block.startswith("|")]


def cells_of(line: str) -> list[str]:
    return [
        one.replace("\0", "\\|").strip()
        for one in line.replace("\\|", "\0").strip("|\n").split("|")
    ]


def test_markdown_has_one_table_a_case_each_row_as_wide_as_its_heading() -> None:
    found = tables()
    assert len(found) == 3
    for table in found:
        assert {len(cells_of(line)) for line in table} == {8}
        assert set(cells_of(table[1])) == {":--", "--:"}


def test_markdown_shows_estimates_with_interval_ratio_memory_and_n() -> None:
    analysis, _ = analysed()
    heading, _, *body = map(cells_of, tables()[0])
    ratio = next(one.ratio for one in analysis.workloads["demo"].headline if one.ratio is not None)
    assert ratio.low is not None
    assert [line[0] for line in body] == ["asyncio", "asyncio · threads", "trio", "threads"]
    assert heading[0] == "model"
    assert heading[1] == "elapsed time (lower is better)"
    assert heading[-3:] == ["vs asyncio", "peak memory", "n"]
    assert body[0][1] == "53.0 ms [51.0 ms, 55.0 ms]"
    assert body[0][-3:] == ["1.00x [1.00x, 1.00x]", "20.0 MiB", "5"]
    assert body[1][1] == "61.0 ms (too few processes for an interval)"
    assert body[3][4] == "-8.00 ms [-10.0 ms, -6.00 ms]"
    assert body[3][-3].startswith("0.79")
    assert body[0][3] == ""


def test_markdown_names_below_a_table_what_failed_and_what_is_absent() -> None:
    said = exported("markdown")
    assert "- trio: 2 wrong answer of 4 trials: found \\| 5" in said
    assert "- uvloop: 1 timeout of 1 trial: took too long\n" in said
    assert "- go: unavailable: no Go \\| found here\n" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("found [b]5[/b]", r"found \[b\]5\[/b\]"),
        ("<script> & *x* `y` a_b", r"\<script\> \& \*x\* \`y\` a\_b"),
        ("a\\|b\nc", r"a\\\|b c"),
    ],
)
def test_markdown_shows_a_text_as_it_was_said(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown
