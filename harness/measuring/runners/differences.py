"""Which implementations differ between two source trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.measuring.runners.runner import digest_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.catalog.contestant import Contestant
    from harness.measuring.runners.runner import Runners

    Files = Mapping[str, str]  # path -> SHA-256


@dataclass(frozen=True)
class Differences:
    """How the implementations here differ from those there; contestants of the default runtime."""

    changed: Mapping[Contestant, tuple[str, ...]]  # to the files that differ
    unchanged: tuple[Contestant, ...]
    only_here: tuple[Contestant, ...]
    only_there: tuple[Contestant, ...]

    def select(self, is_selected: Callable[[Contestant], bool]) -> Differences:
        """Return the differences of the selected contestants."""
        return Differences(
            {one: files for one, files in self.changed.items() if is_selected(one)},
            tuple(filter(is_selected, self.unchanged)),
            tuple(filter(is_selected, self.only_here)),
            tuple(filter(is_selected, self.only_there)),
        )


def find_differences(here: Runners, there: Runners) -> Differences:
    """Compare the files of every implementation that can run on this machine."""
    ours, theirs = _files(here), _files(there)
    both = [contestant for contestant in ours if contestant in theirs]
    changed = {
        contestant: files
        for contestant in both
        if (files := _differing(ours[contestant], theirs[contestant]))
    }
    return Differences(
        changed=changed,
        unchanged=tuple(contestant for contestant in both if contestant not in changed),
        only_here=tuple(contestant for contestant in ours if contestant not in theirs),
        only_there=tuple(contestant for contestant in theirs if contestant not in ours),
    )


def _differing(these: Files, those: Files) -> tuple[str, ...]:
    paths = sorted(these.keys() | those.keys())
    return tuple(path for path in paths if these.get(path) != those.get(path))


def _files(runners: Runners) -> dict[Contestant, Files]:
    """Return the files of each implementation and those of its runner that all share."""
    shared = {
        key: digest_files(runner.home, runner.shared) for key, runner in runners.found.items()
    }
    return {
        structs.replace(offer.contestant, runtime=DEFAULT_RUNTIME): {
            **shared[offer.runner],
            **digest_files(runners.found[offer.runner].home, (offer.source, *offer.files)),
        }
        for offer in runners.offers()
        if offer.unavailable is None
    }
