"""What comes from a runner is text: whatever it says of itself, no markup of it is in the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.claims import ledger
from harness.claims.judgement import ClaimVerdict, JudgedClaim
from harness.claims.ledger import Citation
from harness.presenting import figures
from harness.presenting.report import page, svg
from harness.presenting.report.sources import SourceFile, highlight
from harness.results.records import Status
from tests.support.drawings import read_svg_files
from tests.support.hostile import EVIL, hostile
from tests.support.ledgers import LEDGER
from tests.support.pages import Parsed, parsed
from tests.support.scenes import Otherwise, failed, scene

_TAGS = (
    "a article body button caption code dd details div dl dt fieldset figcaption figure footer"
    " h1 h2 h3 h4 head header html input label legend li main meta nav noscript p pre q script"
    " cite section span strong style summary table tbody td th thead title tr ul"
    " circle clippath defs g path rect svg text tspan use"
)
HARMLESS = {*_TAGS.split(), "link"}


def unhurt(found: Parsed) -> None:
    assert found.mistakes == []
    assert {one.tag for one in found.elements} <= HARMLESS
    assert len(found.all("script")) == 1
    assert [one.attributes["rel"] for one in found.all("link")] == ["expect"]  # loads nothing
    assert [key for one in found.elements for key in one.attributes if key.startswith("on")] == []
    hrefs = [one.attributes["href"] for one in found.elements if "href" in one.attributes]
    assert all(href.startswith(("#", "figures/")) or "." in href for href in hrefs)
    assert [href for href in hrefs if ":" in href] == []


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    analysis = hostile()
    folder = tmp_path_factory.mktemp("hostile")
    figures.draw(analysis, folder, kinds=("svg",))
    code = highlight(EVIL, "evil.py")
    return page.render(analysis, {EVIL: SourceFile(EVIL, code)}, read_svg_files(folder))


def test_no_markup_of_a_runner_is_in_the_page(hostile_page: str) -> None:
    found = parsed(hostile_page)
    unhurt(found)
    assert found.words().count("<script>window.pwned=1</script>") > 10  # all of it as text


def test_no_markup_of_a_runner_is_in_a_figure(hostile_page: str) -> None:
    found = parsed(hostile_page)
    assert found.all("svg")
    assert any("<img src=x" in one.text for one in found.all("text"))


def test_what_steers_a_reader_is_taken_out() -> None:
    said = "\x1b[31m\u202e\u0000moc.live"
    found = scene(
        ("noop",), models=("asyncio",), fate=Otherwise(lambda one: failed(one, Status.CRASH, said))
    )
    text = page.render(found, {}, {})
    assert not set(said[:1] + "\u202e\0") & set(text)
    assert "moc.live" in text


# --- drawings, which can be somebody else's


def drawn(inside: str, attributes: str = "") -> str:
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {namespaces} viewBox="0 0 20 10" {attributes}>{inside}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>window.pwned=1</script>",
        "<style>body { display: none }</style>",
        "<foreignObject><p onclick='x()'>hello</p></foreignObject>",
        "<image href='x.png'/>",
        "<svg viewBox='0 0 1 1'><script>1</script></svg>",
        "<a href='x.html'><text>hello</text></a>",
        "<animate attributeName='href'/>",
        "<set attributeName='onclick' to='1'/>",
        "<metadata><rect/></metadata>",
    ],
)
def test_what_a_drawing_does_not_need_is_left_out(inside: str) -> None:
    assert svg.make_safe(drawn(inside), "f-").content == ""


@pytest.mark.parametrize(
    "attribute",
    [
        "onload='window.pwned=1'",
        "href='x.svg#a'",
        "xlink:href='javascript:window.pwned=1'",
        "style='fill: url(x.svg#a)'",
        "style='fill: \\75rl(x)'",
        "style='@import x'",
        "clip-path='url(other.svg#a)'",
        "id='a\" b'",
        "class='sort'",
        "tabindex='0'",
    ],
)
def test_an_attribute_that_could_do_harm_is_left_out(attribute: str) -> None:
    attribute = attribute.replace('"', "&quot;")
    assert svg.make_safe(drawn(f"<rect {attribute}/>"), "f-").content == "<rect></rect>"


def test_ids_and_what_refers_to_them_are_made_a_figures_own() -> None:
    inside = "<path id='a'/><use xlink:href='#a'/><g clip-path='url(#b)' style='fill: url(#a)'/>"
    assert svg.make_safe(drawn(inside), "f7-").content == (
        '<path id="f7-0"></path><use xlink:href="#f7-0"></use>'
        '<g clip-path="url(#f7-1)" style="fill: url(#f7-0)"></g>'
    )


def test_an_id_that_nothing_uses_and_a_group_that_does_nothing_are_left_out() -> None:
    inside = "<g id='axes_1'><path id='line_1'/><rect id='map-1'/></g>"
    assert svg.make_safe(drawn(inside), "f7-").content == (
        '<path></path><rect id="f7-map-1"></rect>'
    )


def test_a_style_of_many_elements_is_written_once() -> None:
    styles = svg.StyleSheet()
    inside = "<rect style='fill: #123; stroke-width: 0.8'/>" * 2
    inside += "<text style=\"font-family: 'DejaVu Sans', sans-serif\">a</text>"
    for prefix in ("f1-", "f2-"):
        content = svg.make_safe(drawn(inside), prefix, styles).content
        assert content == (
            '<rect class="z0"></rect><rect class="z0"></rect><text class="z1">a</text>'
        )
    assert styles.css.splitlines() == [
        ".z0{fill: #123; stroke-width: 0.8}",
        ".z1{font-family: 'DejaVu Sans', sans-serif}",
    ]


@pytest.mark.parametrize(
    "style",
    [
        "fill: red} body {display: none",
        "fill: rgb(0, 0",
        "font-family: 'open",
        "fill: red /* open",
        "fill: &lt;/style&gt;&lt;script&gt;",
        "content: &quot;open",
    ],
)
def test_a_style_that_could_leave_its_rule_stays_at_its_element(style: str) -> None:
    styles = svg.StyleSheet()
    assert 'class="' not in svg.make_safe(drawn(f'<rect style="{style}"/>'), "f-", styles).content
    assert styles.css == ""


def test_text_and_title_of_a_drawing_stay_text() -> None:
    safe = svg.make_safe(drawn("<title>a &lt;b&gt;</title><text>&lt;script&gt; &amp;</text>"), "f-")
    assert safe.title == "a <b>"
    assert safe.content == "<text>&lt;script&gt; &amp;</text>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a drawing",
        "<svg viewBox='0 0 20 10'><g></svg>",
        "<svg/>",
        "<svg viewBox='0 0 nan 10'/>",
        "<svg viewBox='0 0 20'/>",
        "<svg viewBox='5 5 20 10'/>",
        "<svg viewBox='0 0 -20 10'/>",
        "<g viewBox='0 0 20 10'/>",
        "<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg viewBox='0 0 20 10'><text>&a;</text></svg>",
    ],
)
def test_what_is_no_drawing_is_refused(text: str) -> None:
    with pytest.raises(svg.UnusableSvgError):
        svg.make_safe(text, "f-")


def test_the_page_says_which_figure_cannot_be_shown() -> None:
    found = parsed(page.render(scene(("noop",)), {}, {"noop": "<svg", "overview": drawn("")}))
    assert "Figure noop is missing. It cannot be shown: it is not XML" in found.words()
    assert len(found.all("svg")) == 1


@pytest.mark.parametrize("verdict", ClaimVerdict)
def test_claims_are_text(verdict: ClaimVerdict) -> None:
    claim = ledger.parse(LEDGER, EVIL)[0]
    claim = replace(claim, id=EVIL, says=EVIL, reading=EVIL, citations=(Citation(EVIL, EVIL),))
    one = JudgedClaim(claim, verdict, EVIL, 1.0, warnings=(EVIL,))
    found = parsed(page.render(scene(("noop",)), {}, {}, [one]))
    unhurt(found)
    assert found.words().count("<script>window.pwned=1</script>") > 3  # all of it as text


def test_a_hostile_run_is_written_whole(tmp_path: Path, hostile_page: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(hostile_page, encoding="utf-8")
    assert parsed(path.read_text(encoding="utf-8")).mistakes == []
