"""What README.md rests on: it is made from the reference run, and what is stale is named."""

from __future__ import annotations

import re
import time
from pathlib import Path

import matplotlib.image
import msgspec
import numpy as np
import pytest
from msgspec import structs

from harness.errors import Exit, Problem
from harness.paths import ROOT
from harness.presenting import reference
from harness.presenting.figures import pixels
from harness.presenting.reference import Repository
from harness.results import store
from harness.results.store import RUN_FILE, TRIALS_FILE
from tests.support.references import BLOCK, OWN, README, measured, repository_of


@pytest.fixture
def fresh(tmp_path: Path) -> Repository:
    """Return a small repository in which everything is as it should be."""
    repository = repository_of(tmp_path, measured(tmp_path / "results"))
    assert reference.write(repository) == []
    return repository


# --- made, and made again


def test_what_was_written_is_not_stale_and_writing_it_again_changes_nothing(
    fresh: Repository,
) -> None:
    def files() -> dict[str, bytes]:
        paths = (path for path in fresh.root.rglob("*") if path.is_file())
        return {path.relative_to(fresh.root).as_posix(): path.read_bytes() for path in paths}

    before = files()
    assert reference.find_stale(fresh) == []
    assert reference.main(["--check"], fresh) is Exit.SUCCESS
    assert reference.main([], fresh) is Exit.SUCCESS
    assert files() == before
    assert {"docs/reference-run/figures/demo.png", "docs/reference-run/summary.csv"} <= set(before)
    assert not [name for name in before if name.endswith((".svg", ".html"))]


def test_the_blocks_say_what_was_measured_and_the_rest_stays(fresh: Repository) -> None:
    text = fresh.text()
    assert "| A demo takes 50 ms. | 51.0 ms [" in text
    assert "| if your work is | judged by | use |" in text
    assert "13 trials, 1 disturbed by other work, in 7 blocks" in text
    assert re.sub(r"(generated: \w+ -->\n).*?(<!-- end)", r"\1\2", text, flags=re.DOTALL) == README


def test_time_zone_language_and_terminal_do_not_matter(
    fresh: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TZ", "Pacific/Kiritimati"), ("COLUMNS", "20"), ("LC_ALL", "de_DE.UTF-8")):
        monkeypatch.setenv(name, value)
    time.tzset()
    try:
        assert reference.find_stale(fresh) == []
    finally:
        monkeypatch.undo()
        time.tzset()


# --- stale


@pytest.mark.parametrize("name", reference.readme.BLOCKS)
def test_a_block_that_was_changed_by_hand_is_named(
    fresh: Repository, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = f"<!-- generated: {name} -->\n"
    fresh.readme.write_text(fresh.text().replace(begin, f"{begin}By hand.\n"), encoding="utf-8")
    assert reference.main(["--check"], fresh) is Exit.FAILED
    assert capsys.readouterr().err == (
        f"reference: README.md: block {name}: out of date; `make readme`\n"
    )
    assert "By hand." in fresh.text()  # looking changes nothing
    assert reference.write(fresh) == []
    assert "By hand." not in fresh.text()


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("generated: advice", "generated: advise", "found the block 'advise', expected each of"),
        ("generated: advice", "generated: results", "found the block 'results' again, expected"),
        (BLOCK.format("machine"), "", "found no block `<!-- generated: machine -->`, expected one"),
        ("<!-- end -->", "", "block results: found no end of it, expected `<!-- end -->`"),
    ],
    ids=["unknown", "twice", "missing", "without an end"],
)
def test_blocks_that_cannot_be_filled_are_a_problem(
    before: str, after: str, complaint: str
) -> None:
    made = dict.fromkeys(reference.readme.BLOCKS, "text\n")
    assert "text" in reference.readme.fill(README, made)
    with pytest.raises(Problem, match=re.escape(complaint)):
        reference.readme.fill(README.replace(before, after, 1), made)


def test_a_figure_that_shows_something_else_is_named(fresh: Repository) -> None:
    path = fresh.run / "figures" / "demo.png"
    picture = matplotlib.image.imread(path).copy()
    picture[100:106, 200:206, :3] = 0  # a mark of six pixels: less than one of ours
    matplotlib.image.imsave(path, picture)
    assert reference.find_stale(fresh) == [
        "docs/reference-run/figures/demo.png: out of date; `make readme`"
    ]


def test_a_figure_that_is_missing_and_one_that_cannot_be_are_named(fresh: Repository) -> None:
    (fresh.run / "figures" / "overview.png").unlink()
    fresh.readme.write_text(
        fresh.text() + "![Gone](docs/reference-run/figures/http-ladder.png)\n", encoding="utf-8"
    )
    gone, never = reference.find_stale(fresh)
    assert gone == "docs/reference-run/figures/overview.png: missing; `make readme`"
    assert never.startswith("docs/reference-run/figures/http-ladder.png: shown in a document, but")


def test_edges_that_were_smoothed_otherwise_are_no_change(tmp_path: Path) -> None:
    one, other, file = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    picture = np.full((40, 50, 4), 1.0)
    matplotlib.image.imsave(one, picture)
    picture[:, 20, :3] = 0.9
    matplotlib.image.imsave(other, picture)
    file.write_text("no picture")
    assert pixels.is_same_picture(one, other)
    assert not pixels.is_same_picture(one, file)
    matplotlib.image.imsave(other, picture[:39])
    assert not pixels.is_same_picture(one, other)


def test_another_run_makes_everything_stale(fresh: Repository, tmp_path: Path) -> None:
    other = measured(tmp_path / "others", milliseconds=55, times=3)
    (fresh.run / TRIALS_FILE).write_bytes((other / TRIALS_FILE).read_bytes())
    said = "\n".join(reference.find_stale(fresh))
    for name in ("block results", "summary.json", "summary.csv", "overview.png", "demo.png"):
        assert name in said


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ('{"a": 1.25, "b": 3}', '{"a": 1.2500000000000002, "b": 3}', True),
        ('{"a": 1.25, "b": 3}', '{"a": 1.250001, "b": 3}', False),
        ('{"a": 1.25, "b": 3}', '{"a": 1.25, "b": 4}', False),
        ('{"a": 1.25}', '{"a": 1.25, "b": 1.5}', False),
    ],
)
def test_a_summary_may_differ_by_how_a_number_was_rounded(
    text: str, other: str, *, same: bool
) -> None:
    assert reference.is_same_summary(text, other) is same


# --- claims


def test_a_claim_of_ours_that_does_not_hold_is_named_and_shown_as_what_it_is(
    fresh: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.ledger.write_text(OWN.replace("40 to 60 ms", "at most 20 ms"), encoding="utf-8")
    assert reference.main(["--check"], fresh) is Exit.FAILED
    block, claim = capsys.readouterr().err.splitlines()
    assert "block results: out of date" in block
    assert claim == (
        "reference: docs/own-claims.toml: quick: contradicted, expected it to hold;"
        " `make claims` says what to do"
    )
    assert reference.main([], fresh) is Exit.FAILED
    assert "**contradicted** |" in fresh.text()


# --- taking a run over


def test_nothing_private_of_the_machine_is_taken_over(fresh: Repository, tmp_path: Path) -> None:
    source = store.find_run(tmp_path / "results")
    assert "someone" in (source / TRIALS_FILE).read_text("utf-8")
    for name in (RUN_FILE, TRIALS_FILE):
        text = (fresh.run / name).read_text("utf-8")
        assert not any(word in text for word in ("janes", "laptop", "someone", "secret", "/srv"))
    taken, before = store.read_run(fresh.run), store.read_run(source)
    assert (taken.id, taken.machine.host) == (before.id.split("-")[0] + "-reference", "reference")
    assert structs.replace(taken, id=before.id, machine=before.machine) == before
    *plain, failed = store.read_trials(fresh.run, [])
    assert plain == list(store.read_trials(source, []))[:-1]
    assert failed.message.endswith('…/work.py", line 3, in …/a.py')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at /opt/some.one/b.py:3", "at …/b.py:3"),
        (f"{Path.home()}/jane doe/b.py", "…/jane doe/b.py"),
        (r"D:\work\jane\b.py", "…/b.py"),
        ("~/code/b.py", "…/b.py"),
        ("python/runner/work.py", "python/runner/work.py"),
        ("http://127.0.0.1:80/a/b", "http://127.0.0.1:80/a/b"),
        ("12 req/s and/or GET / failed", "12 req/s and/or GET / failed"),
    ],
)
def test_a_file_keeps_its_name_and_loses_its_folders(text: str, expected: str) -> None:
    assert reference.remove_folders(text) == expected


def test_a_run_with_runners_from_outside_or_with_nothing_in_it_is_refused(
    fresh: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (fresh.run / RUN_FILE).read_bytes()
    outside = measured(tmp_path / "a", runner_files=("loombench.toml",))
    assert reference.main(["--take", str(outside)], fresh) is Exit.USAGE
    assert "found runners from outside" in capsys.readouterr().err
    empty = measured(tmp_path / "b")
    (empty / TRIALS_FILE).write_bytes(b"")
    assert reference.main(["--take", str(empty)], fresh) is Exit.USAGE
    assert "found no trial" in capsys.readouterr().err
    assert (fresh.run / RUN_FILE).read_bytes() == before


def test_another_run_is_taken_over_in_one_go(fresh: Repository, tmp_path: Path) -> None:
    other = measured(tmp_path / "others", milliseconds=55)
    assert reference.main(["--take", other.name, "--out", str(other.parent)], fresh) is Exit.SUCCESS
    assert "56.0 ms" in fresh.text()
    assert reference.find_stale(fresh) == []


# --- ours


def test_the_committed_run_can_be_read_and_has_what_documents_show() -> None:
    repository = Repository()
    about = store.read_run(repository.run)
    assert (about.machine.host, about.id.split("-")[1:]) == ("reference", ["reference"])
    assert sum(1 for _ in store.read_trials(repository.run, [])) > 100
    shown = set(repository.figures())
    assert {"overview", "claims"} <= shown
    assert all((repository.run / "figures" / f"{name}.png").is_file() for name in shown)
    kept = re.findall(
        r"^!/docs/reference-run/figures/(.+)\.png$", (ROOT / ".gitignore").read_text(), re.MULTILINE
    )
    assert shown <= set(kept)
    size = sum(path.stat().st_size for path in (repository.run / "figures").glob("*.png"))
    assert size < 5_000_000


def test_make_check_looks_for_what_is_stale() -> None:
    recipe = re.findall(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "-m harness.presenting.reference --check\n" in recipe[0]


def test_a_run_of_a_later_format_is_told_from_a_broken_one(fresh: Repository) -> None:
    path = fresh.run / RUN_FILE
    document = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode({**document, "schema_version": 99}))
    assert reference.main(["--check"], fresh) is Exit.NOT_POSSIBLE
