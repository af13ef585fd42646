"""The section of the traces: every scene has its sentence, few have their figure in the page."""

from __future__ import annotations

from harness.presenting.report import page, traces_view
from harness.traces import store
from harness.traces.scene import FIGURES
from tests.support.pages import analysis_of
from tests.support.traces import recording, traced

EMBEDDED, LINKED = traces_view.EMBEDDED[0].removeprefix(FIGURES), "duo"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" width="1pt" height="1pt">'
    '<path d="M0 0L1 1"/></svg>'
)


def rendered() -> str:
    scenes = (LINKED, EMBEDDED)
    known = [recording("asyncio", scene) for scene in scenes]
    known.append(recording("trio", LINKED, missing="<b>no trio</b>"))
    section = traces_view.section(store.by_scene(traced(*known, scenes=scenes)))
    svgs = {f"{FIGURES}{EMBEDDED}": SVG}
    return page.render(analysis_of("contestants without a rank"), {}, svgs, scenes=section)


def test_one_figure_is_shown_and_the_other_is_a_link() -> None:
    text = rendered()
    assert f'aria-label="Figure {FIGURES}{EMBEDDED}"' in text
    assert f'aria-label="Figure {FIGURES}{LINKED}"' not in text
    assert f'href="figures/{FIGURES}{LINKED}.png"' in text
    assert text.count("In asyncio, only one runs at a time.") == 2


def test_a_model_without_a_trace_has_its_reason_as_text() -> None:
    assert "&lt;b&gt;no trio&lt;/b&gt;" in rendered()


def test_without_traces_there_is_no_section() -> None:
    assert 'id="traces"' not in page.render(analysis_of("contestants without a rank"), {}, {})
