"""The page of all figures of a run, grouped by question. Pure.

Each figure carries its title. Its name is the text for those who cannot see it, as the page counts
as prose of the documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.run_results import by_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.run_results import Analysis, WorkloadResult

_FOLDER = "reference-run/figures"
_WHOLE = "The whole run"
# Begin the names of figures of one topic: `claims-handing-over-part-1`.
_OF_TOPICS = ("claims", "runtimes")


def render(analysis: Analysis, names: Sequence[str]) -> str:
    """Return a heading for each topic and an image for each of these figures, in their order."""
    topics = by_topic(analysis.workloads.values())
    headings = (_WHOLE, *(heading or "Other" for heading, _ in topics))
    groups: dict[str, list[str]] = {heading: [] for heading in headings}
    for name in names:
        groups[_group_of(name, topics)].append(name)
    return "\n".join(
        line for heading, own in groups.items() if own for line in _section(heading, own)
    )


def _section(heading: str, names: Iterable[str]) -> Iterator[str]:
    yield f"## {heading}\n"
    for name in names:
        yield f"![{name}]({_FOLDER}/{name}.png)\n"


def _group_of(name: str, topics: Sequence[tuple[str, Sequence[WorkloadResult]]]) -> str:
    for heading, results in topics:
        slug = heading.lower().replace(" ", "-")
        owners = [result.workload.id for result in results]
        owners += [f"{kind}-{slug}" for kind in _OF_TOPICS if slug]
        if any(name == owner or name.startswith(f"{owner}-") for owner in owners):
            return heading or "Other"
    return _WHOLE
