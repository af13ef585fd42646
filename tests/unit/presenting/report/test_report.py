"""The report as it is written: complete, whole, small, and alone with itself."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness.analysis.drift import ProbeReading
from harness.analysis.run_results import FEW_WORKLOADS, Analysis
from harness.catalog.contestant import Contestant
from harness.catalog.workload import TOPICS
from harness.claims import ledger
from harness.claims.judge import judge_claims
from harness.claims.judgement import ClaimVerdict
from harness.claims.surprises import workload_of
from harness.presenting.report import page, sources, view
from harness.results.records import Cell, Status
from tests.support.drawings import every_scene
from tests.support.ledgers import LEDGER
from tests.support.pages import bare, page_of, parsed, sourced, with_run
from tests.support.scenes import SHAPES, Otherwise, analysis_of, failed, scene, workloads

pytestmark = pytest.mark.slow  # draws whole scenes


def texts(elements: list) -> list[str]:
    return [" ".join(one.text.split()) for one in elements]


# --- every page

# What makes a page differ: strange text in it, models that are not ours, every kind of figure.
every_page = pytest.mark.parametrize(
    "scene",
    ["a message of strange characters", "models from outside", "a thorough run of a server"],
)


@every_page
def test_a_page_is_well_formed(scene: str) -> None:
    assert page_of(scene).mistakes == []


@every_scene
def test_a_page_without_figures_is_well_formed(scene: str) -> None:
    found = bare(analysis_of(scene))
    assert found.mistakes == []
    assert sorted(set(found.ids)) == sorted(found.ids)


@every_page
def test_every_id_of_a_page_is_its_own(scene: str) -> None:
    ids = page_of(scene).ids
    assert sorted(set(ids)) == sorted(ids)


@every_page
def test_every_reference_within_a_page_has_its_target(scene: str) -> None:
    found = page_of(scene)
    wanted = set()
    for one in found.elements:
        for key in ("href", "xlink:href"):
            if one.attributes.get(key, "").startswith("#"):
                wanted.add(one.attributes[key][1:])
        for key in ("aria-labelledby", "aria-controls"):
            wanted |= set(one.attributes.get(key, "").split())
        for value in one.attributes.values():
            wanted |= set(re.findall(r"url\(#([^)]+)\)", value))
    assert wanted - set(found.ids) == set()


@every_page
def test_a_page_asks_for_nothing_from_elsewhere(scene: str) -> None:
    found = page_of(scene)
    tags = {one.tag for one in found.elements}
    links = [(one.attributes["rel"], one.attributes["href"]) for one in found.all("link")]
    assert links == [("expect", "#first-screen")]
    assert tags & {"img", "iframe", "object", "embed", "base", "form", "image"} == set()
    assert [one for one in found.elements if "src" in one.attributes] == []
    hrefs = [one.attributes["href"] for one in found.elements if "href" in one.attributes]
    assert [one for one in hrefs if re.match(r"[a-z]+:|//", one)] == []
    (style, *_) = found.all("style")
    assert "url(" not in style.text
    assert "@import" not in style.text


@every_page
def test_every_figure_says_its_finding_and_its_size(scene: str) -> None:
    found = [one for one in page_of(scene).all("svg") if "aria-hidden" not in one.attributes]
    assert found
    for one in found:
        assert one.attributes["role"] == "img"
        assert len(one.attributes["aria-label"]) > 10
        assert float(one.attributes["width"]) > 100
        assert float(one.attributes["height"]) > 50


def test_only_the_script_of_the_page_may_run() -> None:
    found = bare(analysis_of("each shape"))
    script, *data = sorted(found.all("script"), key=lambda one: "type" in one.attributes)
    assert [one.attributes["type"] for one in data] == ["application/json"]
    (policy,) = found.all("meta", http_equiv="Content-Security-Policy") or [
        one for one in found.all("meta") if "http-equiv" in one.attributes
    ]
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy.attributes["content"]
    assert "default-src 'none'" in policy.attributes["content"]


# --- what is on it


def test_a_page_says_at_its_top_that_its_results_are_a_first_look() -> None:
    few = analysis_of("too few blocks")
    ended, measured, enough = (
        [one for one in texts(bare(of).all("p", _class="warning")) if "First look" in one]
        for of in (few, replace(few, measuring=True), analysis_of("each shape"))
    )
    assert ended == [
        "First look: fewer than 5 blocks, too few for intervals."
        " loombench run --resume goes on measuring."
    ]
    assert measured == [
        "First look: 3 blocks of 1 workload; measuring goes on."
        " Reload this page for the latest. Results can still change."
    ]
    assert enough == []


def test_the_overview_has_the_answer_of_every_workload() -> None:
    found = bare(analysis_of("each shape"))
    (heading,) = found.all("h1")
    assert heading.text.startswith("Of 6 workloads, asyncio led or tied in 5")
    (answers,) = found.all("ul", _class="answers")
    assert answers.text.count(":") >= len(SHAPES)
    titles = texts(found.all("h2"))
    assert titles.pop(0) == "Head to head"
    assert titles[0] == "Which model to use"
    own = [one for one in texts(found.all("h3")) if one in answers.text]
    assert own == [workloads()[id_].title for id_ in SHAPES]


def test_the_answers_of_many_workloads_stand_under_topics() -> None:
    """Few of them need no headings."""
    few = analysis_of("each shape")
    copies = {}
    for number in range(FEW_WORKLOADS + 1):
        result = list(few.workloads.values())[number % len(few.workloads)]
        workload = replace(result.workload, id=f"w{number}", topic=TOPICS[number % 2])
        copies[workload.id] = replace(result, workload=workload)
    found = bare(replace(few, workloads=copies))
    headings = [topic.capitalize() for topic in TOPICS[:2]]
    assert [one for one in texts(found.all("h2")) if one in headings] == headings
    assert texts(found.all("tbody", _class="topic")) == headings  # of the advice too
    assert texts(bare(few).all("h2"))[2] == "Workloads"
    assert bare(few).all("tbody", _class="topic") == []


def test_the_top_has_claims_that_do_not_hold_one_of_each_workload() -> None:
    analysis = analysis_of("each shape")
    judged = judge_claims(ledger.load(), analysis)
    wrong = {workload_of(one) for one in judged if one.verdict is ClaimVerdict.CONTRADICTED}
    found = parsed(page.render(analysis, {}, {}, judged))
    (listed,) = found.all("ul", _class="surprises")
    anchors = re.findall(
        r"w-(\w+)",
        " ".join(
            one.attributes.get("href", "")
            for one in found.elements[
                found.elements.index(listed) : found.elements.index(
                    found.all("section", id="versus")[0]
                )
            ]
        ),
    )
    assert len(anchors) == len({*anchors}) == min(5, len(wrong))
    assert {*anchors} <= wrong
    assert bare(analysis_of("too few blocks")).all("ul", _class="surprises") == []


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("too few blocks", "Undecided. No clear best in Kitchen: a longer run may decide."),
        ("contestants without a rank", "The load generator was the limit in Echo: another"),
        ("each shape", ""),
    ],
)
def test_the_top_says_what_is_undecided_and_what_would_decide_it(of: str, said: str) -> None:
    (top,) = bare(analysis_of(of)).all("section", id="overview")
    assert ("Undecided." in top.text) == bool(said)
    assert said in " ".join(top.text.split())


def test_the_advice_links_to_what_it_rests_on() -> None:
    found = bare(analysis_of("each shape"))
    (table,) = found.all("table", _class="advice")
    assert "many waits at once" in table.text
    assert "c-fanout-headline" in found.ids
    assert found.all("a", href="#c-footprint-headline")


def test_a_table_has_tiers_intervals_and_keys_to_sort_by() -> None:
    found = bare(scene(("fanout",), models=("asyncio", "trio")))
    table = found.all("table", _class="sortable")[0]
    assert "overhead per task" in table.text
    assert re.search(r"12\.\d µs12\.\d µs to 12\.\d µs", table.text)
    headings = texts(found.all("button", _class="sort"))[:2]
    assert headings == ["model", "tier"]
    keys = [one.attributes["data-key"] for one in found.all("td") if "data-key" in one.attributes]
    assert all(key == "" or float(key) >= 0 for key in keys)


def test_a_table_has_the_ratio_beside_its_metric_and_no_empty_column() -> None:
    found = bare(analysis_of("each shape"))
    for table in found.all("table", _class="sortable"):
        first, *others = table.text.split("vs asyncio")
        assert others, table.text
        assert first.count("is better") == 1, first
    for analysis in map(analysis_of, ("each shape", "values of zero")):
        for result in analysis.workloads.values():
            tables = [view._case_table(result, case, cells) for case, cells in result.cases.items()]
            for table in (one for one in tables if one.rows):
                values = zip(*(row.values for row in table.rows), strict=True)
                assert all(any(one.text or one.interval for one in column) for column in values)
                assert all(len(row.values) == len(table.columns) for row in table.rows)


def test_the_advice_says_whom_it_leaves_out_and_the_top_whether_the_machine_was_steady() -> None:
    words = bare(scene(("fanout",), models=("asyncio", "scratch"))).words()
    assert "scratch is left out: an event loop written for this benchmark" in words
    steady = [ProbeReading("2026-01-02T03:04:05+00:00", 100) for _ in range(5)]
    words = bare(replace(analysis_of("each shape"), probes=tuple(steady))).words()
    assert "The machine was steady: within 3% in all of 5 speed probes. Machine and run" in words


def test_a_number_without_enough_processes_says_that_it_has_no_interval() -> None:
    found = bare(analysis_of("too few blocks"))
    assert "no interval" in found.words()
    assert "No tiers: too few blocks" in found.words()


def test_failures_stand_with_their_message() -> None:
    found = bare(analysis_of("one model always fails"))
    (failures,) = found.all("ul", _class="failures")
    said = "trio failed: 6 wrong answer of 6 trials: found 21, expected 20"
    assert texts([failures])[0].startswith(said)


def test_a_warning_on_many_contestants_is_said_once() -> None:
    warned = Otherwise(lambda one: structs.replace(one, warnings=("the disk was slow",)))
    found = bare(scene(fate=warned, models=("asyncio", "trio")))
    lists = texts(found.all("ul", _class="warnings"))
    assert "asyncio, trio: the disk was slow" in lists


def test_a_message_without_end_is_cut_and_says_so() -> None:
    said = "x" * 10_000
    found = bare(
        scene(fate=Otherwise(lambda one: failed(one, Status.CRASH, said)), models=("asyncio",))
    )
    assert said not in found.words()
    assert "(10,000 characters)" in found.words()


def test_what_is_not_measured_says_why() -> None:
    found = bare(analysis_of("no Go"))
    assert "Not measured, and why go-1cpu: unavailable" in found.words()
    assert "no Go found; install Go" in found.words()


def test_a_run_with_nothing_measured_is_a_page_that_says_so() -> None:
    words = bare(analysis_of("nothing measured yet")).words()
    assert "Nothing could be measured yet" in words
    assert "Which model to use" not in words
    assert "There are no figures of the latest trials" in words


def test_a_run_of_no_workload_at_all_is_a_page() -> None:
    assert bare(scene(())).mistakes == []


def test_claims_have_a_section_where_there_are_any() -> None:
    analysis = scene(("fanout",), models=("asyncio",))
    without = bare(analysis)
    assert "claims" not in without.ids
    claims = ledger.parse(LEDGER, "own.toml")
    quick, better, _ = judge_claims(claims, analysis)
    one = replace(quick, verdict=ClaimVerdict.CONTRADICTED, value=9e6, sentence="It takes 9 ms.")
    found = parsed(page.render(analysis, {}, {}, [one, better]))
    for words in ("Of 1 measured claim, 1 is contradicted.", "A demo takes 50 ms."):
        assert words in found.words()
    for words in (
        "contradicted",
        "40 to 60 ms",
        "9.00 ms",
        "It takes 9 ms.",
        "A section: the first",
    ):
        assert words in found.words()
    assert "demo was not part of this run." in found.words()
    assert found.all("a", href="#claims")


def test_a_figure_that_is_too_large_is_left_out_and_named() -> None:
    drawing = '<svg viewBox="0 0 200 100"><path d="' + "M 0 0 " * 600_000 + '"/></svg>'
    found = parsed(page.render(scene(("fanout",)), {}, {"overview": drawing}))
    assert found.all("svg", role="img") == []
    assert "Figure overview is missing. It is too large" in found.words()


def test_data_files_are_linked_by_the_names_that_they_have() -> None:
    files = ["run.json", "trials.jsonl", "trials.jsonl.gz", "traces.jsonl.gz", "other.json"]
    found = parsed(page.render(analysis_of("too few blocks"), {}, {}, files=files))
    (data,) = found.all("section", id="data")
    hrefs = [one.attributes["href"] for one in found.all("a")]
    assert [href for href in hrefs if "json" in href and href in data.text] == [
        "run.json",
        "trials.jsonl",
        "traces.jsonl.gz",
    ]


# --- commands


def test_the_command_of_a_cell_measures_it_again() -> None:
    run = scene(("fanout",), models=("asyncio", "trio")).run
    assert view.command(run, Cell(Contestant("fanout", "trio"), "headline")) == (
        "loombench run --workload fanout --case headline --model asyncio,trio"
        " --profile standard --seed 7"
    )


def test_a_command_does_what_it_says_whatever_the_names_are() -> None:
    evil = "x; rm -rf ~ '$(id)'"
    run = with_run(scene(("fanout",), models=("trio",)), runner_files=(evil,)).run
    arguments = shlex.split(view.command(run, Cell(Contestant("fanout", evil), "headline")))
    assert arguments.count(evil) == 2


# --- sources


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(
    tmp_path: Path, name: str, digest_: str, runner_files: tuple[str, ...] = ()
) -> sources.SourceFile:
    analysis = scene(("fanout",), models=("asyncio",))
    run = with_run(analysis, sources={name: digest_}, runner_files=runner_files).run
    return sources.read_sources(run, tmp_path)[name]


def test_a_source_that_is_as_it_was_is_shown_in_colour(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    return '<b>'  # why\n")
    code = read(tmp_path, "a.py", digest("def f():\n    return '<b>'  # why\n")).code
    assert code is not None
    assert '<span class="k">def </span>' in code
    assert "&lt;b&gt;" in code
    assert "<b>" not in code


def test_a_source_that_has_changed_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("pass\n")
    found = read(tmp_path, "a.py", digest("fail\n"))
    assert found.code is None
    assert found.reason == "Not shown: the file has changed since it was measured."


def test_a_source_that_is_gone_is_not_shown(tmp_path: Path) -> None:
    found = read(tmp_path, "a.py", digest("pass\n"))
    assert found.code is None
    assert found.reason == "Not shown: the file does not exist any more."


def test_no_file_outside_the_repository_is_shown(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "secret").write_text("secret\n")
    for name in ("../secret", str(tmp_path / "secret"), "x\0y"):
        assert read(tmp_path / "repository", name, digest("secret\n")).code is None


def test_the_source_of_a_runner_from_outside_is_looked_for_beside_its_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.js").write_text("let x = 1\n")
    files = (str(tmp_path / "mine" / "loombench.toml"),)
    assert read(tmp_path, "mine: work.js", digest("let x = 1\n"), files).code is not None
    assert read(tmp_path, "mine: work.js", digest("let x = 1\n")).code is None


def test_a_source_is_shown_once_with_the_results_of_all_that_ran_it() -> None:
    analysis = sourced(scene(("pingpong",)))
    found = parsed(page.render(analysis, sources.read_sources(analysis.run), {}))
    shown = [one for one in found.all("article") if "on_asyncio.py" in one.attributes["aria-label"]]
    (listing,) = shown
    for model in ("asyncio", "asyncio-eager", "uvloop"):
        assert re.search(rf"{model} [\d.]+ \S?s \(", listing.text)
    assert "async def run" in listing.text
    open_ = [one for one in found.all("article") if "hidden" not in one.attributes]
    assert len(open_) == 2


def test_a_run_that_does_not_know_its_sources_says_so() -> None:
    assert "This run does not say which files it measured" in bare(scene(("fanout",))).words()


def test_analysis_of_old_runs_has_no_sources(small_results: Path) -> None:
    analysis: Analysis = scene(("fanout",), models=("asyncio",))
    assert sources.read_sources(analysis.run, small_results) == {}
