"""Documents show excerpts of docs/examples: each is part of the file that is linked before it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from harness.catalog import workload_file
from harness.catalog.workload import SHAPES
from harness.paths import ROOT, WORKLOADS

DOCS = ROOT / "docs"
LONGEST_EXCERPT = 25  # lines
LINK_OR_EXCERPT = re.compile(
    r"\]\((examples/[\w./-]+)\)|^```(?:js|toml|python|go|rust|bash)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
DOCUMENTS = sorted(path for path in DOCS.glob("*.md") if "](examples/" in path.read_text("utf-8"))


def excerpts(document: Path) -> list[tuple[Path, str]]:
    """Return each excerpt with the example file that was linked last before it."""
    found, linked = [], DOCS
    for link, excerpt in LINK_OR_EXCERPT.findall(document.read_text("utf-8")):
        if link:
            linked = DOCS / link
        else:
            found.append((linked, excerpt))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_an_excerpt_is_a_short_verbatim_part_of_the_linked_file(document: Path) -> None:
    found = excerpts(document)
    assert found
    for path, excerpt in found:
        assert path.is_file(), f"no link to an example file before:\n{excerpt}"
        assert f"\n{excerpt}" in f"\n{path.read_text('utf-8')}", f"not in {path}:\n{excerpt}"
        assert excerpt.count("\n") <= LONGEST_EXCERPT


# --- docs/examples/node

NODE = DOCS / "examples" / "node"
LANGUAGE = " ".join((DOCS / "adding-a-language.md").read_text("utf-8").split())


def test_the_manifest_names_every_module_of_the_runner_and_each_says_what_it_does() -> None:
    manifest = tomllib.loads((NODE / "loombench.toml").read_text("utf-8"))["runners"]["node"]
    modules = {path.name: path.read_text("utf-8") for path in NODE.glob("*.mjs")}
    assert {*manifest["command"], *manifest["files"]} == {"node"} | modules.keys()
    assert all(text.startswith("// ") for text in modules.values())


def test_the_complete_runners_have_the_same_workloads_and_every_shape() -> None:
    known = workload_file.load_folder(WORKLOADS)
    in_node = {path.stem.partition("__")[0] for path in NODE.glob("workloads/*.mjs")}
    assert len(in_node) == 11  # as adding-a-language.md says
    assert {known[workload].shape for workload in in_node} == set(SHAPES)
    sources = (DOCS / "examples/tokio/src/workloads").glob("*.rs")
    assert {path.stem.partition("_")[0] for path in sources} >= in_node
