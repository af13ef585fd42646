"""The documents are made from the reference run, and what is out of date is named."""

from __future__ import annotations

import errno
import gzip
import os
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import msgspec
import numpy as np
import pytest
from msgspec import structs

from harness.behaviours import store as behaviours
from harness.claims import judge
from harness.errors import Exit, Problem
from harness.paths import ROOT
from harness.presenting import readme, reference, what_happens
from harness.presenting.anonymise import remove_folders
from harness.presenting.figures import pixels
from harness.presenting.reference import Repository
from harness.presenting.rewording import reword
from harness.results import store
from harness.results.records import SCHEMA_VERSION, Absence, AbsentCell, Phase
from harness.results.store import PACKED_FILE, RUN_FILE, TRIALS_FILE
from harness.traces import store as traces
from tests.support.factories import WORKLOAD, analysed, cell, run, trial
from tests.support.ledgers import a_claim
from tests.support.observations import heading, observation
from tests.support.references import (
    BLOCK,
    DOCUMENTS,
    OWN,
    PRIVATE,
    measured,
    repository_of,
)
from tests.support.traces import recording, traced

BLOCKS = [(name, block) for name, blocks in readme.DOCUMENTS.items() for block in blocks]
README, FINDINGS, HAPPENS = "README.md", "docs/findings.md", "docs/what-happens.md"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small repository in which everything is as it should be."""
    root = tmp_path_factory.mktemp("repository")
    repository = repository_of(root, measured(root / "results"))
    assert reference.write(repository) == []
    return root


@pytest.fixture
def fresh(written: Path, tmp_path: Path) -> Repository:
    """Return a copy of that repository, to be changed."""
    shutil.copytree(written, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Repository(tmp_path)


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
    stored = {name for name in before if name.startswith("docs/reference-run/")}
    assert {"docs/reference-run/figures/demo.png", "docs/reference-run/trials.jsonl.gz"} <= stored
    assert not [name for name in stored if "summary" in name or name.endswith("trials.jsonl")]
    assert not [name for name in before if name.endswith((".svg", ".html"))]


def test_the_blocks_say_what_was_measured_and_the_rest_stays(fresh: Repository) -> None:
    for name, empty in DOCUMENTS.items():
        text = fresh.read(name)
        blocks = r"(generated: [\w ]+ -->\n).*?(<!-- end)"
        assert re.sub(blocks, r"\1\2", text, flags=re.DOTALL) == empty
    assert "| A demo takes 50 ms. | 51.0 ms [" in fresh.read(README)
    assert "13 trials in 7 blocks; other work disturbed 1 of the trials" in fresh.read(README)
    assert "| your work | judged by | use |" in fresh.read(FINDINGS)


def test_the_results_are_the_first_five_claims_and_the_others_stand_in_their_own_block() -> None:
    analysis = analysed(trial())
    claims = [replace(a_claim(), id=f"c{n}", says=f"Claim {n}.") for n in range(7)]
    blocks = readme.render_blocks(analysis, judge.judge_claims(claims, analysis))
    assert re.findall(r"Claim (\d)", blocks["results"]) == list("01234")
    assert re.findall(r"Claim (\d)", blocks["other results"]) == list("56")


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


def test_every_block_that_was_changed_by_hand_is_named(
    fresh: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for document, block in BLOCKS:
        begin = f"<!-- generated: {block} -->\n"
        changed = fresh.read(document).replace(begin, f"{begin}By hand.\n")
        (fresh.root / document).write_text(changed, encoding="utf-8")
    assert reference.main(["--check"], fresh) is Exit.FAILED
    assert capsys.readouterr().err.splitlines() == [
        f"reference: {document}: block {block}: out of date; `make readme`"
        for document, block in BLOCKS
    ]
    for document in (README, FINDINGS):
        assert "By hand." in fresh.read(document)  # --check changes nothing
    assert reference.write(fresh) == []
    for document in (README, FINDINGS):
        assert "By hand." not in fresh.read(document)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("generated: advice", "generated: advise", "found the block 'advise', expected each of"),
        (
            "generated: advice",
            "generated: other results",
            "found the block 'other results' again, expected",
        ),
        (BLOCK.format("advice"), "", "found no block `<!-- generated: advice -->`, expected one"),
        ("<!-- end -->", "", "block other results: found no end, expected `<!-- end -->`"),
    ],
    ids=["unknown", "twice", "missing", "without an end"],
)
def test_blocks_that_cannot_be_filled_are_a_problem(
    before: str, after: str, complaint: str
) -> None:
    blocks = dict.fromkeys(readme.DOCUMENTS[FINDINGS], "text\n")
    assert "text" in readme.fill(DOCUMENTS[FINDINGS], blocks, FINDINGS)
    with pytest.raises(Problem, match=re.escape(f"{FINDINGS}: {complaint}")):
        readme.fill(DOCUMENTS[FINDINGS].replace(before, after, 1), blocks, FINDINGS)


def test_a_document_that_is_missing_is_a_problem_and_nothing_is_written(
    fresh: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (fresh.root / FINDINGS).unlink()
    before = fresh.read(README).replace("51.0 ms", "by hand")
    (fresh.root / README).write_text(before, encoding="utf-8")
    assert reference.main([], fresh) is Exit.USAGE
    assert capsys.readouterr().err.startswith("reference: docs/findings.md: cannot be read:")
    assert fresh.read(README) == before


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
    gone_figure = "![Gone](docs/reference-run/figures/http-ladder.png)\n"
    (fresh.root / README).write_text(fresh.read(README) + gone_figure, encoding="utf-8")
    gone, never = reference.find_stale(fresh)
    assert gone == "docs/reference-run/figures/overview.png: missing; `make readme`"
    assert never.startswith("docs/reference-run/figures/http-ladder.png: shown in a document, but")


def test_edges_that_were_smoothed_otherwise_are_no_change(tmp_path: Path) -> None:
    picture_file, other, file = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    picture = np.full((40, 50, 4), 1.0)
    matplotlib.image.imsave(picture_file, picture)
    picture[:, 20, :3] = 0.9
    matplotlib.image.imsave(other, picture)
    file.write_text("no picture")
    assert pixels.is_same_picture(picture_file, other)
    assert not pixels.is_same_picture(picture_file, file)
    matplotlib.image.imsave(other, picture[:39])
    assert not pixels.is_same_picture(picture_file, other)


def test_another_run_makes_everything_stale(fresh: Repository, tmp_path: Path) -> None:
    other = measured(tmp_path / "others", milliseconds=55, times=3)
    store.write_packed(fresh.run, store.read_run(fresh.run), store.read_trials(other, []))
    said = "\n".join(reference.find_stale(fresh))
    for name in ("block results", "overview.png", "demo.png"):
        assert name in said


def test_a_picture_that_no_document_shows_is_named_and_then_removed(fresh: Repository) -> None:
    old = fresh.run / "figures" / "gone.png"
    shutil.copy(fresh.run / "figures" / "demo.png", old)
    assert reference.find_stale(fresh) == [
        "docs/reference-run/figures/gone.png: shown in no document; `make readme`"
    ]
    assert reference.write(fresh) == []
    assert not old.exists()


def test_the_gallery_shows_every_figure_under_its_topic(fresh: Repository) -> None:
    text = fresh.read("docs/gallery.md")
    drawn = {path.stem for path in (fresh.run / "figures").glob("*.png")}
    assert set(re.findall(r"!\[([\w-]+)\]\(reference-run/figures/\1\.png\)", text)) == drawn
    whole, other = text.index("## The whole run"), text.index("## Other")
    assert whole < text.index("![overview]") < other < text.index("![demo]")


# --- claims


def test_a_claim_of_ours_that_does_not_hold_is_named_and_shown_as_what_it_is(
    fresh: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.ledger.write_text(OWN.replace("40 to 60 ms", "at most 20 ms"), encoding="utf-8")
    assert reference.main(["--check"], fresh) is Exit.FAILED
    *blocks, claim = capsys.readouterr().err.splitlines()
    assert [line.partition(": out of date")[0] for line in blocks] == [
        "reference: README.md: block results",
    ]
    assert claim == (
        "reference: docs/own-claims.toml: quick: contradicted, expected it to hold;"
        " `make claims` says what to do"
    )
    assert reference.main([], fresh) is Exit.FAILED
    assert "**contradicted** |" in fresh.read(README)


# --- taking a run over


def test_nothing_private_of_the_machine_is_taken_over(fresh: Repository, tmp_path: Path) -> None:
    source = store.find_run(tmp_path / "results")
    assert "someone" in (source / TRIALS_FILE).read_text("utf-8")
    with store.open_trials(fresh.run) as file:
        stored = file.read().decode()
    for text in (stored, (fresh.run / RUN_FILE).read_text("utf-8")):
        assert not any(word in text for word in ("janes", "laptop", "someone", "secret", "/srv"))
    taken, before = store.read_run(fresh.run), store.read_run(source)
    assert (taken.id, taken.machine.host) == (before.id.split("-")[0] + "-reference", "reference")
    assert structs.replace(taken, id=before.id, machine=before.machine) == before
    *plain, failed = store.read_trials(fresh.run, [])
    assert plain == list(store.read_trials(source, []))[:-1]
    assert failed.message.endswith('…/work.py", line 3, in …/a.py')


def test_of_the_phases_of_a_server_only_a_ladder_keeps_its_latencies(
    fresh: Repository, tmp_path: Path
) -> None:
    source = store.find_run(tmp_path / "results")
    (before, *_) = store.read_trials(source, [])
    phases = tuple(
        Phase(loop, 1, 1, hdr="all", service_hdr="same", late_hdr="late")
        for loop in ("open", "ladder")
    )
    path = source / TRIALS_FILE
    path.write_bytes(msgspec.json.encode(structs.replace(before, phases=phases)) + b"\n")
    reference.take(source, fresh)
    (taken,) = store.read_trials(fresh.run, [])
    assert taken.phases == (Phase("open", 1, 1), Phase("ladder", 1, 1, hdr="all"))


def test_behaviours_are_taken_over_without_private_paths(fresh: Repository, tmp_path: Path) -> None:
    source = store.find_run(tmp_path / "results")
    seen = observation("trio", "one", evidence=(PRIVATE,), stderr_end=PRIVATE)
    behaviours.write(source, heading(), [seen])
    reference.take(source, fresh)
    taken = behaviours.read(fresh.run)
    assert taken is not None
    assert taken.observations[0].evidence[0].endswith('…/work.py", line 3, in …/a.py')
    (packed,) = fresh.run.glob("behaviours*")
    assert b"secret" not in gzip.decompress(packed.read_bytes())

    (source / behaviours.FILE).unlink()
    reference.take(source, fresh)
    assert behaviours.read(fresh.run) is None


@pytest.mark.parametrize("file", [behaviours.FILE, traces.FILE])
def test_a_run_with_a_damaged_file_is_not_taken_over_in_part(
    fresh: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    source = measured(tmp_path / "other", milliseconds=70)
    (source / file).write_text("damaged")
    before = {path.name: path.read_bytes() for path in fresh.run.iterdir() if path.is_file()}
    assert reference.main(["--take", str(source)], fresh) == Exit.USAGE
    assert f"{file}: not a file of" in capsys.readouterr().err
    assert before == {
        path.name: path.read_bytes() for path in fresh.run.iterdir() if path.is_file()
    }


def test_a_disk_that_is_full_is_one_message(
    fresh: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = store.find_run(tmp_path / "results")
    behaviours.write(source, heading(), [observation("trio", "one")])
    write_bytes = Path.write_bytes

    def write(path: Path, data: bytes) -> int:
        if path.name.startswith(behaviours.FILE):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    assert reference.main(["--take", str(source)], fresh) == Exit.NOT_POSSIBLE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "behaviours.jsonl.gz: cannot be written: No space left on device;"
        " free some space, and do it again"
    )


def test_traces_are_taken_over_drawn_and_shown(fresh: Repository, tmp_path: Path) -> None:
    assert what_happens.NOT_RECORDED in fresh.read(HAPPENS)
    source = store.find_run(tmp_path / "results")
    scenes = tuple(shown.scene for shown in what_happens.QUESTIONS.values())
    seen = [recording("asyncio", scene) for scene in scenes]
    seen.append(recording("trio", scenes[0], missing=PRIVATE))
    traces.write(source, traced(scenes=scenes).heading, seen)
    behaviours.write(source, heading(), [])
    reference.take(source, fresh)
    assert reference.write(fresh) == reference.find_stale(fresh) == []
    (packed,) = fresh.run.glob("traces*")
    assert b"secret" not in gzip.decompress(packed.read_bytes())
    assert "![In asyncio, only one runs at a time.]" in fresh.read(HAPPENS)
    assert (fresh.run / "figures" / "lanes-doc-blocking.png").is_file()

    (fresh.run / "figures" / "lanes-doc-blocking.png").unlink()
    assert reference.find_stale(fresh) == [
        "docs/reference-run/figures/lanes-doc-blocking.png: missing; `make readme`"
    ]
    (source / traces.FILE).unlink()
    reference.take(source, fresh)
    assert reference.write(fresh) == []
    assert "lanes-" not in fresh.read(HAPPENS)


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
    assert remove_folders(text) == expected


def test_a_run_with_runners_from_outside_or_with_nothing_in_it_is_refused(
    fresh: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (fresh.run / RUN_FILE).read_bytes()
    outside = measured(tmp_path / "a", runner_files=("loombench.toml",))
    assert reference.main(["--take", str(outside)], fresh) is Exit.USAGE
    assert "found external runners" in capsys.readouterr().err
    empty = measured(tmp_path / "b")
    (empty / TRIALS_FILE).write_bytes(b"")
    assert reference.main(["--take", str(empty)], fresh) is Exit.USAGE
    assert "found no trial" in capsys.readouterr().err
    assert (fresh.run / RUN_FILE).read_bytes() == before


def test_another_run_is_taken_over_in_one_go(fresh: Repository, tmp_path: Path) -> None:
    other = measured(tmp_path / "others", milliseconds=55)
    assert reference.main(["--take", other.name, "--out", str(other.parent)], fresh) is Exit.SUCCESS
    assert "56.0 ms" in fresh.read(README)
    assert reference.find_stale(fresh) == []


# --- today's words


def put_words(repository: Repository, *changes: tuple[str, str]) -> None:
    """Change today's workload file of a repository."""
    text = WORKLOAD
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (repository.workloads / "demo.toml").write_text(text, encoding="utf-8")


WORDS = [
    ('title = "Demo"', 'title = "Example"'),
    ('question = "What does a demo cost?"', 'question = "How much is it?"'),
    ('rules = ["Wait.", "Answer."]', 'rules = ["Answer."]'),
    ('meaning = "how many tasks wait"', 'meaning = "number of tasks"'),
    ('label = "elapsed time"', 'label = "time"'),
    ("[cases.headline]\n", '[cases.headline]\nlabel = "ten tasks"\n'),
    (
        "[observed.in_flight]",
        '[advice]\nwork = "a demo"\njudged_by = "time"\n\n[observed.in_flight]',
    ),
]


def test_words_are_taken_over_and_nothing_else_changes(fresh: Repository) -> None:
    old = store.read_run(fresh.run)
    trials = (fresh.run / PACKED_FILE).read_bytes()
    put_words(fresh, *WORDS)
    assert reference.main(["--reword"], fresh) is Exit.SUCCESS
    new = store.read_run(fresh.run)
    assert [after for _, after in WORDS if after not in new.workloads["demo"]] == []
    assert structs.replace(new, workloads=old.workloads) == old
    assert (fresh.run / PACKED_FILE).read_bytes() == trials
    assert reference.find_stale(fresh) == []


MEASURING = [
    ("shape", 'shape = "makespan"', 'shape = "rate"'),
    ("params", "max = 1_000\n", "max = 2_000\n"),
    ("operations", 'operations = "tasks"', 'operations = "2 * tasks"'),
    ("ideal_ns", 'ideal_ns = "wait_ns"', 'ideal_ns = "2 * wait_ns"'),
    ("observations", "expected = 3\n", "expected = 2\n"),
    ("cases", "iterations = 2\n", "iterations = 3\n"),
    ("cases", "tasks = 10, wait_ns", "tasks = 11, wait_ns"),
    ("metrics", 'formula = "cpu_ns / elapsed_ns"', 'formula = "cpu_ns"'),
    ("metrics", 'unit = "cores"', 'unit = "x"'),
    ("not_applicable", "scratch = ", "uvloop = "),
    ("limits", "most = 10\n", "most = 11\n"),
    ("contrasts", 'this = "threads"\nto = "asyncio"', 'this = "asyncio"\nto = "threads"'),
]


@pytest.mark.parametrize(("what", "before", "after"), MEASURING)
def test_a_change_of_what_is_measured_is_refused_and_named(
    fresh: Repository,
    what: str,
    before: str,
    after: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_text = (fresh.run / RUN_FILE).read_bytes()
    put_words(fresh, (before, after))
    assert reference.main(["--reword"], fresh) is Exit.NOT_POSSIBLE
    message = capsys.readouterr().err
    assert message.startswith("reference: demo.toml: found a change of ")
    assert what in message.partition(" since the run")[0]
    assert "measure again: `make reference`" in message
    assert (fresh.run / RUN_FILE).read_bytes() == run_text


def test_another_order_of_metrics_is_refused_as_the_first_is_the_headline(
    fresh: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    first = WORKLOAD[WORKLOAD.index("[metrics.elapsed]") : WORKLOAD.index("[metrics.speedup]")]
    put_words(fresh, (first, ""))
    path = fresh.workloads / "demo.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{first}", encoding="utf-8")
    assert reference.main(["--reword"], fresh) is Exit.NOT_POSSIBLE
    assert "found a change of metrics since the run" in capsys.readouterr().err


def test_a_workload_that_is_gone_is_named(
    fresh: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (fresh.workloads / "demo.toml").unlink()
    assert reference.main(["--reword"], fresh) is Exit.NOT_POSSIBLE
    assert capsys.readouterr().err.startswith("reference: demo: found no workload file")


def test_reasons_of_the_workload_file_are_reworded_and_those_of_the_machine_stay() -> None:
    absent = (
        AbsentCell(
            cell("threads", "tasks-100"), Absence.LIMITED, "stops at 10 tasks: the system stops it"
        ),
        AbsentCell(cell("scratch"), Absence.NOT_APPLICABLE, "it is not for this"),
        AbsentCell(cell("go"), Absence.UNAVAILABLE, "the system stops it"),
    )
    text = WORKLOAD.replace("the system stops it", "the kernel refuses more").replace(
        "it is not for this", "it has no demo"
    )
    new = reword(structs.replace(run([cell("asyncio")]), absent=absent), {"demo": text})
    assert [gap.reason for gap in new.absent] == [
        "stops at 10 tasks: the kernel refuses more",
        "it has no demo",
        "the system stops it",
    ]


def test_a_reworded_run_of_schema_1_is_written_in_the_current_schema(fresh: Repository) -> None:
    before = list(store.read_trials(fresh.run, []))
    write_schema_1(fresh.run)
    assert list(store.read_trials(fresh.run, [])) == before
    assert reference.main(["--reword"], fresh) is Exit.SUCCESS
    document = msgspec.json.decode((fresh.run / RUN_FILE).read_bytes())
    assert document["schema_version"] == SCHEMA_VERSION
    assert list(store.read_trials(fresh.run, [])) == before


def write_schema_1(folder: Path) -> None:
    """Rewrite a run as Loombench of schema 1 would have written it: cells were flat."""

    def flat(record: dict[str, Any]) -> dict[str, Any]:
        contestant = record["cell"].pop("contestant")
        record["cell"] |= {key: contestant[key] for key in ("workload", "model")}
        return record

    document = msgspec.json.decode((folder / RUN_FILE).read_bytes())
    document["schema_version"] = 1
    document["cells"] = [flat({"cell": each})["cell"] for each in document["cells"]]
    document.pop("implementations", None)
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(document))
    with store.open_trials(folder) as file:
        lines = file.read().splitlines()
    text = b"".join(msgspec.json.encode(flat(msgspec.json.decode(line))) + b"\n" for line in lines)
    (folder / TRIALS_FILE).write_bytes(text)


# --- ours


def test_the_committed_run_can_be_read_and_has_what_documents_show() -> None:
    repository = Repository()
    about = store.read_run(repository.run)
    assert (about.machine.host, about.id.split("-")[1:]) == ("reference", ["reference"])
    assert sum(1 for _ in store.read_trials(repository.run, [])) > 100
    shown = set(repository.shown_figures())
    assert {"overview", "claims"} <= shown
    assert all((repository.run / "figures" / f"{name}.png").is_file() for name in shown)
    assert "!/docs/reference-run/figures/*.png" in (ROOT / ".gitignore").read_text().splitlines()
    stored = [*repository.run.glob("*.json*"), *(repository.run / "figures").glob("*.png")]
    assert sum(path.stat().st_size for path in stored) < 12_000_000


def test_make_check_looks_for_what_is_stale() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipes = dict(re.findall(r"^(check[a-z-]*):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE))
    assert " check-python " in recipes["check"]
    assert "-m harness.presenting.reference --check\n" in recipes["check-python"]


def test_a_run_of_a_later_format_is_told_from_a_broken_one(fresh: Repository) -> None:
    path = fresh.run / RUN_FILE
    document = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode({**document, "schema_version": 99}))
    assert reference.main(["--check"], fresh) is Exit.NOT_POSSIBLE
