"""Sentences about results, computed from them, and no stronger than the intervals allow. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from harness import units
from harness.analysis.lead import (
    Lead,
    find_better,
    join_names,
    lead_of,
    representatives,
    rivals,
    without_twins,
)
from harness.analysis.run_results import ranked, ranked_groups
from harness.catalog.workload import HEADLINE, ON_ONE_PROCESSOR
from harness.statistics.estimates import MIN_FOR_INTERVAL
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.analysis.comparison import Pair
    from harness.analysis.run_results import CellResult, WorkloadResult
    from harness.statistics.estimates import Ratio

    _Words = Callable[[str], str]

LONGEST_TITLE = 90  # characters
_WIDE = 1.5  # high / low of an interval from which on one number says too much
_UNSURE = "; too few blocks to be sure"
TOO_FEW = "too few blocks for a finding"  # instead of one, in a title
_MOST_WINNERS = 3  # in the sentence about a whole run


class Title(NamedTuple):
    """What a figure is about, and what it shows of that: nothing while there are too few blocks."""

    subject: str
    finding: str

    @property
    def text(self) -> str:
        """Both in one sentence."""
        return f"{self.subject}: {self.finding or TOO_FEW}"


def title(result: WorkloadResult) -> Title:
    """Return what the headline case of a workload shows, in one sentence of a figure's title.

    It has as many of the workload's contrasts as fit, those only that are real differences, and
    the leaders, of the first group of variants if there are groups. The numbers of the leaders are
    in the figure. Too few blocks show nothing.
    """
    groups = ranked_groups(result)
    if not groups:
        why = _cpu_lead(result, with_value=False) or why_no_ranking(result)
        return Title(result.workload.title, why)
    label, leaders = groups[0]
    name = result.workload.title + (f", {label}" if len(groups) > 1 else "")
    if _is_unsure(result):
        return Title(name, "")
    is_different = result.comparison.is_different
    clauses = [contrast(result, pair) for pair in _contrasts(result) if is_different(*pair)]
    leading = _leading(result, leaders, with_value=False)
    for count in range(len(clauses), 0, -1):
        found = Title(name, "; ".join([*clauses[:count], leading]))
        if len(found.text) <= LONGEST_TITLE:
            return found
    return Title(name, leading)


def so_far(result: WorkloadResult) -> str:
    """Return the title, or who leads while there are too few blocks for a title."""
    groups = ranked_groups(result)
    if not groups or not _is_unsure(result):
        return title(result).text
    return f"{result.workload.title}: {_leading(result, groups[0][1], with_value=False)}{_UNSURE}"


def finding(result: WorkloadResult) -> str:
    """Return all that the headline case of a workload shows, in a sentence or two."""
    cpu = _cpu_lead(result, with_value=True)
    if not ranked(result):
        return "; ".join(filter(None, [why_no_ranking(result), cpu]))
    groups = ranked_groups(result)
    leads = [
        (f"{label}: " if len(groups) > 1 else "") + _leading(result, cells, with_value=True)
        for label, cells in groups
    ]
    contrasts = (contrast(result, pair) for pair in _contrasts(result))
    text = "; ".join(filter(None, [*leads, cpu, *contrasts]))
    return text + (_UNSURE if _is_unsure(result) else "")


def _contrasts(result: WorkloadResult) -> list[Pair]:
    """Return the pairs that the workload file asks to compare and that are ranked."""
    known = {cell.contestant for cell in ranked(result)}
    pairs = [pair for pair in result.workload.contrasts if known.issuperset(pair)]
    return [pair for pair in pairs if pair in result.comparison.ratios]


def _is_unsure(result: WorkloadResult) -> bool:
    """Return whether there are too few blocks to say what is a real difference."""
    best = ranked(result)[0]
    return not best.metrics[result.metric.id].has_interval or any(
        not result.comparison.is_judged(*pair) for pair in _contrasts(result)
    )


def is_enough(blocks: Iterable[int]) -> bool:
    """Return whether results of so many blocks each support a finding."""
    return min(blocks) >= MIN_FOR_INTERVAL


def why_no_ranking(result: WorkloadResult) -> str:
    """Return why no contestant can be called best."""
    seen = [cell for cell in result.headline if cell.attempts]
    if seen and all(cell.failures for cell in seen):
        if any(cell.metrics for cell in seen):
            return "every contestant failed at least once; the reasons are listed"
    elif seen and all(cell.unranked for cell in seen):
        return "no contestant can be ranked; the reasons are listed"
    elif seen and result.headline_id != HEADLINE:
        return f"the headline case was not measured; see the case {result.headline_id}"
    return "nothing could be measured"


def _leading(result: WorkloadResult, cells: Sequence[CellResult], *, with_value: bool) -> str:
    """Name the best of these cells, which are ranked, with all that are not different from it."""
    if limited := client_limited(result.headline):
        by_cpu = "" if with_value else _cpu_lead(result, with_value=False)
        return by_cpu or unknown_lead(limited)
    compete = representatives(cells)
    shown = without_twins(compete, result.comparison)
    best = shown[0]
    value = best.metrics[result.metric.id]
    number = f" ({units.format_value(value.value, result.metric.unit)})" if with_value else ""
    if not value.has_interval:
        return f"{best.name} leads so far{number}"
    lead = lead_of(shown, result.comparison)
    text = _lead_in_words(lead, number)
    if best is not compete[0] and len(lead.names) == 1:
        text += ", also on one core"
    better = find_better(result, cells, best)
    return f"{text}; better still: {join_names(better)}" if better else text


def _cpu_lead(result: WorkloadResult, *, with_value: bool) -> str:
    """Say which server took the least CPU time; empty if that is not known."""
    by_cpu = result.by_cpu
    cells = [] if by_cpu is None else ranked(by_cpu)
    if by_cpu is None or not cells or not cells[0].metrics[by_cpu.metric.id].has_interval:
        return ""
    return f"by {by_cpu.metric.label}, {_leading(by_cpu, cells, with_value=with_value)}"


def client_limited(cells: Iterable[CellResult]) -> list[CellResult]:
    """Return the competitors of a case that could have done more: any of them may be the best."""
    return [cell for cell in representatives(list(cells)) if cell.is_client_limited]


def unknown_lead(limited: Sequence[CellResult]) -> str:
    """Say that nobody leads where some contestants were client limited."""
    names = join_names([cell.name for cell in limited])
    return f"fastest unknown, the load generator limited {names}"


def _lead_in_words(lead: Lead, shown: str = "") -> str:
    """Put a lead into words; `shown` is the value of the best."""
    if len(lead.names) == 1:
        return f"{lead.first[0]} led{shown}"
    best, *tied = lead.first
    if not tied:
        return f"{join_names([best + shown, *lead.undecided])} led, too close to rank"
    text = f"{join_names([best + shown, *tied])} led, tied"
    if not lead.undecided:
        return text
    first, *others = lead.undecided
    return f"{text}; {f'{len(lead.undecided)} others' if others else first} undecided"


def overall(results: list[WorkloadResult]) -> str:
    """Return what a run shows as a whole: which models lead how many workloads.

    It leaves out the workloads that measure the workbench. Models that are tied for the lead count;
    where the lead is undecided, nobody does. A workload with too few blocks has no leader.
    """
    unsure = 0
    sentences: list[str] = []
    leads: list[Lead] = []
    for result in results:
        cells = rivals(result)
        if not cells or result.workload.is_floor:
            continue
        if not cells[0].metrics[result.metric.id].has_interval:
            unsure += 1
            continue
        lead = lead_of(cells, result.comparison)
        words = _lead_in_words(lead)
        if limited := client_limited(result.headline):
            lead = Lead(lead.first, tuple(cell.name for cell in limited))
            words = unknown_lead(limited)
        sentences.append(f"{result.workload.title}: {words}")
        leads.append(lead)
    if not leads:
        return "Too few blocks for a finding" if unsure else "Nothing could be measured yet"
    few = f"; too few blocks in {units.format_count(unsure, 'other')}" if unsure else ""
    if len(leads) == 1:
        return f"{sentences[0]}{few}"
    return f"{_wins_in_words(leads)}{few}"


def _wins_in_words(leads: Sequence[Lead]) -> str:
    """Say who led how many workloads, and how many are undecided.

    A model that led only where it was restricted to one processor is counted, and that is said.
    """
    decided = [lead.first for lead in leads if not lead.undecided]
    undecided = len(leads) - len(decided)
    if not decided:
        return f"The lead is undecided in all {undecided} workloads"
    wins: Counter[str] = Counter()
    restricted: Counter[str] = Counter()
    for names in decided:
        wins.update(dict.fromkeys(ON_ONE_PROCESSOR.get(name, name) for name in names).keys())
        restricted.update(name for name in names if ON_ONE_PROCESSOR.get(name, name) not in names)
    (model, most), *others = wins.most_common(_MOST_WINNERS)
    as_one = {ON_ONE_PROCESSOR[name]: f" ({n} as {name})" for name, n in restricted.items()}
    text = f"Of {len(leads)} workloads, {model} led or tied in {most}{as_one.get(model, '')}"
    text += "".join(f", {name} in {count}{as_one.get(name, '')}" for name, count in others)
    return f"{text}; {undecided} undecided" if undecided else text


def contrast(result: WorkloadResult, pair: Pair) -> str:
    """Put the ratio of two contestants into words; the pair must have one.

    Only times are fast or slow, and only latencies are late, or far off if early is wrong too;
    other things are as much, or as many.
    Where there are too few blocks to say whether the difference is real, the sentence as a whole
    says so.
    """
    this, to = (contestant.name for contestant in pair)
    found, metric = result.comparison.ratios[pair], result.metric
    ratio = found.value
    verdict = result.comparison.verdict(*pair)
    if result.comparison.is_judged(*pair) and verdict is not Verdict.DIFFERENT:
        return f"{this} measured {units.format_significant(ratio, 2)}x {to} ({verdict.value})"
    times, inverse = (_format_times(one) for one in (found, found.inverse()))
    thing = units.column_unit(metric.unit)
    if thing == "bytes":
        return f"{this} took {times} the memory of {to}"
    if thing not in ("ns", "x"):
        if ratio < 1:
            this, to, times = to, this, inverse
        return f"{this} did {times} as many {thing} as {to}"
    if metric.better == "higher" or thing == "x":
        return f"{this} reached {times} of {to}"
    larger, smaller = _words_for_times(result)
    return f"{this} {larger(times)} {to}" if ratio > 1 else f"{this} {smaller(inverse)} {to}"


def _words_for_times(result: WorkloadResult) -> tuple[_Words, _Words]:
    """Return how one says that a time is larger, and smaller, by some factor."""
    if result.workload.measures_error:
        return "was {} as far off as".format, "was {} as exact as".format
    if result.workload.shape == "latency":
        return "came {} as late as".format, "came {} less late than".format
    return "took {} as long as".format, "ran {} as fast as".format


def _format_times(ratio: Ratio) -> str:
    """Return a ratio as a factor; where its interval is wide, as the range of that."""
    if ratio.low is None or ratio.high is None or ratio.high <= _WIDE * ratio.low:
        return f"{_format_factor(ratio.value)}x"
    return f"{_format_factor(ratio.low)} to {_format_factor(ratio.high)}x"


def _format_factor(factor: float) -> str:
    """Return a factor of two digits; of more where it would look like no difference, 1.0."""
    texts = (units.format_significant(factor, digits) for digits in (2, 3, 4))
    return next((text for text in texts if float(text.replace(",", "")) != 1), "1.000")
