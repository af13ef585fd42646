"""A question and observations of it, for the tests to change one thing of."""

from __future__ import annotations

from msgspec import structs

from harness.behaviours.records import SCHEMA_VERSION, Heading, Observation, OtherRuntime
from harness.behaviours.store import Observed

QUESTION = """\
title = "What happens?"
group = "failures"
probe = "Something happens."

[words]
one = "The one thing."
other = "The other thing."
"process dies" = "The process ends."

[[promises]]
models = ["asyncio", "trio"]
word = "one"
source = "A document"

[[not_applicable]]
models = ["go"]
reason = "nothing happens there"
"""


def heading(**changes: object) -> Heading:
    known = {
        "schema_version": SCHEMA_VERSION,
        "started_at": "2026-01-02T03:04:05+00:00",
        "system": "a system",
        "logical_cores": 2,
        "repetitions": 5,
        "runtimes": ("Python 3.11.7",),
        "questions": {"demo": QUESTION},
        "models": ("asyncio", "trio", "threads", "go"),
        **changes,
    }
    return Heading(**known)  # type: ignore[arg-type]


def observation(model: str, word: str, repetition: int = 0, **changes: object) -> Observation:
    known = {
        "question": "demo",
        "model": model,
        "repetition": repetition,
        "word": word,
        "evidence": (f"{model} did {word or 'nothing'}",),
        "source": f"python/behaviours/demo/on_{model}.py",
        "digest": "0" * 64,
        "wall_ns": 1,
        **changes,
    }
    return Observation(**known)  # type: ignore[arg-type]


def observed(words: dict[str, list[str]], **changes: object) -> Observed:
    """Return observations: for each model, the words of its repetitions."""
    return Observed(
        heading(**changes),
        tuple(
            observation(model, word, repetition)
            for model, all_ in words.items()
            for repetition, word in enumerate(all_)
        ),
    )


def observed_too(known: Observed, label: str, words: dict[str, str]) -> Observed:
    """Return the observations with one of each of these models on another runtime."""
    more = tuple(observation(model, word, runtime=label) for model, word in words.items())
    others = (*known.heading.others, OtherRuntime(label, tuple(words)))
    return Observed(structs.replace(known.heading, others=others), (*known.observations, *more))
