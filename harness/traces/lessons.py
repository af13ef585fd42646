"""What the lanes of a scene teach: one sentence, found in the traces of all its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.traces import checks
from harness.traces.lanes import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.traces.lanes import Lane, Span, Trace

    _Word = Callable[[Trace], str]

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NAMED = 3  # models; more are counted
_ASIDE = "block"  # a lane that only makes the others late


def teach(lesson: str, traces: Mapping[str, Trace]) -> str:
    """Return what these traces of one scene, by model, show. `lesson` is a name in `LESSONS`."""
    if lesson == "turns":
        return _range_of_turns(traces)
    word = LESSONS[lesson]
    return _group({model: word(trace) for model, trace in traces.items()})


def _group(words: Mapping[str, str]) -> str:
    """Say the same of models that do the same: `In go, two run at once. In the others, ...`."""
    groups: dict[str, list[str]] = {}
    for model, word in words.items():
        groups.setdefault(word, []).append(model)
    ordered = sorted(groups.items(), key=lambda group: len(group[1]))
    *few, (usual, most) = ordered
    many = f"the other {len(most)} traced models" if few else "every traced model"
    named = [*few, (usual, [many] if len(most) > _NAMED else most)]
    return " ".join(f"In {join(models)}, {word}." for word, models in named)


def join(names: Sequence[str]) -> str:
    """Return names as people list them: `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _number(value: int) -> str:
    return _NUMBERS[value] if value < len(_NUMBERS) else f"{value:,}"


def _at_once(trace: Trace) -> str:
    most = checks.count_parallel(checks.only_tasks(trace))
    return f"up to {_number(most)} run at once" if most > 1 else "only one runs at a time"


def _waits(trace: Trace) -> str:
    most = max(number for _, number in checks.only_tasks(trace).count(State.WAITING))
    return f"{_number(most)} wait at once" if most > 1 else "they wait one after the other"


def _ends(trace: Trace) -> str:
    ended = [lane.id for lane in _ended(trace)]
    if not ended:
        return "they wait one after the other"
    waited = {lane.id: lane.total_ns(State.WAITING) for lane in trace.lanes}
    if ended == sorted(ended, key=waited.__getitem__):
        return "the shortest wait ends first"
    return "they end in another order than their waits"


def _ended(trace: Trace) -> list[Lane]:
    first = trace.lanes[0].id
    return [lane for lane in checks.list_ends(trace) if lane.id != first]


def _order(trace: Trace) -> str:
    names = [lane.name for lane in _ended(trace) if lane.name != _ASIDE]
    return f"the order was {join(names)}"


def _ticks(trace: Trace) -> str:
    """Return whether the first lane ran between the beginning and the end of another's work."""
    ticks = [span.start_ns for span in _runs(trace.lanes[0])]
    works = [runs for lane in checks.only_tasks(trace).lanes if (runs := _runs(lane))]
    if any(runs[0].start_ns < tick < runs[-1].end_ns for runs in works for tick in ticks):
        return "the ticks go on"
    return "the ticks stop until it is over"


def _runs(lane: Lane) -> list[Span]:
    return [span for span in lane.spans if span.state is State.RUNNING]


def _cleanup(trace: Trace) -> str:
    """Of tasks that were cancelled while they waited."""
    tasks = checks.only_tasks(trace)
    if not all(_runs_again(lane) for lane in tasks.lanes):
        return "a task ends where it waits"
    most = checks.count_parallel(tasks)
    return (
        f"up to {_number(most)} clean up at once" if most > 1 else "one cleans up after the other"
    )


def _runs_again(lane: Lane) -> bool:
    waits = [span for span in lane.spans if span.state is State.WAITING]
    last = max((span.end_ns for span in waits), default=0)
    return any(span.start_ns >= last for span in _runs(lane))


def _turns(trace: Trace) -> str:
    return f"it takes {checks.count_switches(trace)} turns"


def _range_of_turns(traces: Mapping[str, Trace]) -> str:
    turns = {model: checks.count_switches(trace) for model, trace in traces.items()}
    low, high = min(turns.values()), max(turns.values())
    least, most = ([model for model in turns if turns[model] == end] for end in (low, high))
    if low == high:
        return f"In every traced model, it takes {low} turns."
    return f"It takes {low} turns in {join(least)}, and {high} in {join(most)}."


LESSONS: dict[str, _Word] = {
    "at-once": _at_once,
    "cleanup": _cleanup,
    "ends": _ends,
    "order": _order,
    "ticks": _ticks,
    "turns": _turns,
    "waits": _waits,
}
