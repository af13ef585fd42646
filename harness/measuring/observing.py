"""Ask every question on every model: run each probe several times, each time in a fresh process."""

from __future__ import annotations

import os
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import psutil

from harness import units
from harness.behaviours.question import DIES, HANGS, QUESTIONS
from harness.behaviours.records import SCHEMA_VERSION, Heading, Observation, OtherRuntime
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.catalog.workload import order_models
from harness.errors import Exit, Problem, unknown_name
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.measuring.runners import protocol
from harness.measuring.runners.runner import digest_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from harness.behaviours.question import Question
    from harness.measuring.runners.runner import Runner, Runners

_MOST_EVIDENCE = 100  # lines of one probe
_MOST_AT_ONCE = 4  # probes mostly wait, and their times do not count


class Assignment(NamedTuple):
    """A question to ask on a model."""

    question: Question
    model: str
    runner: Runner
    source: str


@dataclass(frozen=True)
class Plan:
    """What to observe, and what cannot be."""

    assignments: tuple[Assignment, ...]
    models: tuple[str, ...]
    unavailable: dict[str, str]
    runtimes: tuple[str, ...]
    others: tuple[OtherRuntime, ...] = ()


def plan(questions: Mapping[str, Question], runners: Runners, models: Sequence[str]) -> Plan:
    """Return which probes answer these questions on these models; none: on all models.

    Each runtime is asked. Raises Problem with near matches for an unknown model, and if only a
    runner that cannot be used may offer those that are asked for.
    """
    by_runtime: dict[str, list[Runner]] = {DEFAULT_RUNTIME: []}
    for runner in runners.found.values():
        by_runtime.setdefault(runner.runtime, []).append(runner)
    offers = {label: _ask(questions, found, models) for label, found in by_runtime.items()}
    own = offers.pop(DEFAULT_RUNTIME)
    left_out = runners.left_out_models(models)
    unavailable = {**runners.missing_models, **own.unavailable, **left_out}
    everything = [own, *offers.values()]
    known = _in_order(
        [*(model for offer in everything for model in offer.models), *unavailable], models
    )
    for model in models:
        if model not in {*known, *runners.models}:
            raise unknown_name("model", model, runners.models)
    order = {id_: index for index, id_ in enumerate(questions)}
    assignments = [one for offer in everything for one in offer.assignments]
    assignments.sort(key=lambda one: (order[one.question.id], known.index(one.model)))
    return Plan(
        tuple(assignments),
        known,
        unavailable,
        tuple(_name_runtimes(runners.found.values(), runners.models)),
        tuple(
            OtherRuntime(label, _in_order(offer.models), offer.unavailable)
            for label, offer in offers.items()
        ),
    )


def _in_order(models: Collection[str], only: Collection[str] = ()) -> tuple[str, ...]:
    """Return models in display order; of `only` if there are any."""
    return tuple(one for one in order_models(models) if one in models and (not only or one in only))


class _Offer(NamedTuple):
    """What the runners of one runtime can be asked."""

    assignments: list[Assignment]
    models: list[str]  # that it has probes for, or cannot run
    unavailable: dict[str, str]


def _ask(
    questions: Mapping[str, Question], runners: Iterable[Runner], models: Sequence[str]
) -> _Offer:
    offer = _Offer([], [], {})
    for runner in runners:
        reasons = {one.model: units.one_line(one.reason) for one in runner.description.unavailable}
        for probe in runner.description.probes:
            if models and probe.model not in models:
                continue
            offer.models.append(probe.model)
            if probe.question in questions and probe.model not in reasons:
                question = questions[probe.question]
                offer.assignments.append(Assignment(question, probe.model, runner, probe.source))
        offer.unavailable.update(reasons)
    return offer


def _name_runtimes(runners: Iterable[Runner], models: Sequence[str]) -> Iterator[str]:
    """Yield the name and version of each language and library."""
    for runner in runners:
        description = runner.description
        version = description.version.removeprefix(description.language)
        label = "" if runner.runtime == DEFAULT_RUNTIME else f" ({runner.runtime})"
        yield f"{units.language_name(description.language)} {version}{label}"
        for model in models:
            library = model.partition("-")[0]
            if isinstance(found := description.facts.get(library), str):
                yield f"{library} {found}"


def create_heading(planned: Plan, questions: Mapping[str, Question], repetitions: int) -> Heading:
    """Return the first line of the file of these observations."""
    return Heading(
        schema_version=SCHEMA_VERSION,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        system=platform.platform(),
        logical_cores=os.cpu_count() or 1,
        repetitions=repetitions,
        runtimes=tuple(dict.fromkeys(planned.runtimes)),
        questions={
            id_: (QUESTIONS / f"{id_}.toml").read_text(encoding="utf-8") for id_ in questions
        },
        models=planned.models,
        unavailable=planned.unavailable,
        others=planned.others,
    )


def observe_all(
    assignments: Sequence[Assignment],
    repetitions: int,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Observation]:
    """Yield every observation: all questions once, then all again, so that time is spread.

    Raises Problem if it is interrupted.
    """
    runs = [(one, repetition) for repetition in range(repetitions) for one in assignments]
    with ThreadPoolExecutor(min(_MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        futures = [pool.submit(observe, *run, interrupted) for run in runs]
        try:
            for future in futures:
                observation = future.result()
                if interrupted():
                    raise Problem("interrupted; nothing was stored", Exit.INTERRUPTED)
                yield observation
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def observe(
    assignment: Assignment, repetition: int, interrupted: Callable[[], bool] = lambda: False
) -> Observation:
    """Run a probe in a fresh process until it ends or its deadline passes."""
    runner, question = assignment.runner, assignment.question
    transcript = _Transcript()
    result = child.run(
        [*runner.command, "probe"],
        create_environment(runner.env),
        protocol.encode_request(protocol.ProbeRequest(question.id, assignment.model)),
        child.Limits(
            question.deadline_s, psutil.virtual_memory().available // 2, has_neighbours=True
        ),
        transcript.receive,
        interrupted,
        folder=runner.folder,
    )
    word, problem = _conclude(transcript, result)
    return Observation(
        question.id,
        assignment.model,
        repetition,
        word,
        tuple(transcript.evidence),
        runner.path_in_run(assignment.source),
        digest_file(runner.home / assignment.source),
        result.wall_ns,
        result.stderr_end,
        problem,
        runner.runtime,
    )


class _Transcript:
    """What a probe has reported so far."""

    def __init__(self) -> None:
        self.evidence: list[str] = []
        self.word = ""
        self.error = ""

    def receive(self, line: bytes) -> str:
        """Handle one line. Returns why to stop the probe, or an empty text."""
        try:
            message = protocol.decode_probe_message(line)
        except protocol.ProtocolError as error:
            return str(error)
        match message:
            case protocol.Evidence(text) if len(self.evidence) < _MOST_EVIDENCE:
                self.evidence.append(units.one_line(text))
            case protocol.Observed(word):
                self.word = units.one_line(word)
            case protocol.Failed(text):
                self.error = units.one_line(text)
        return ""


def _conclude(transcript: _Transcript, result: child.ChildResult) -> tuple[str, str]:
    """Return the word, and what was wrong: a probe may end its process, or never end."""
    if transcript.error:
        return "", transcript.error
    if result.stopped == "timeout":
        return HANGS, ""
    if result.stopped:
        return "", f"stopped: {result.stopped}"
    if transcript.word:
        return transcript.word, ""
    if result.returncode != 0:
        transcript.evidence.append(f"the process ended with {_describe_exit(result.returncode)}")
        return DIES, ""
    return "", "the probe reported nothing"


def _describe_exit(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
