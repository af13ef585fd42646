"""Whether two runtimes were built alike: else a ratio may be that of their builds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.catalog.contestant import DEFAULT_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.catalog.contestant import Contestant
    from harness.results.records import Run, RunnerFacts

_FACT = "optimised"
_NOTHING = "no optimisation"


def explain_build(
    contestant: Contestant, baseline: Contestant, runners: Sequence[RunnerFacts]
) -> str:
    """Return how the build of a contestant's runtime differs from that of the baseline's.

    Empty if both declare the same, or if one declares nothing.
    """
    own, base = (_find_build(one, runners) for one in (contestant, baseline))
    if contestant.runtime == baseline.runtime or own is None or base is None or own == base:
        return ""
    return (
        f"the ratio is between different builds: {contestant.runtime} declares {own or _NOTHING},"
        f" {_name(baseline.runtime)} {base or _NOTHING}"
    )


def list_builds(run: Run) -> list[str]:
    """Return what each runtime declares, if they do not all declare the same."""
    found = {
        _name(runner.runtime): str(runner.facts[_FACT]) or _NOTHING
        for runner in run.runners
        if _FACT in runner.facts
    }
    if len(set(found.values())) <= 1:
        return []
    listed = ", ".join(f"{name} {built}" for name, built in found.items())
    return [f"Different builds, so part of a difference may be the compiler's: {listed}"]


def _name(runtime: str) -> str:
    return "the default Python" if runtime == DEFAULT_RUNTIME else runtime


def _find_build(contestant: Contestant, runners: Sequence[RunnerFacts]) -> str | None:
    """Return what the runtime of a contestant declares; None if that is unknown."""
    for runner in runners:
        if runner.runtime == contestant.runtime and contestant.model in runner.models:
            found = runner.facts.get(_FACT)
            return None if found is None else str(found)
    return None
