"""A runner from outside, in Python: it describes what a test has it say, and answers 42.

`description.json` beside it, where there is one, changes the description; `started` beside it
tells that it was started at all. `COUNTER_SAYS` is printed where it should not be.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DESCRIPTION = {
    "protocol": 1,
    "language": "python",
    "version": "1.0",
    "facts": {"optimised": False},
    "implementations": [{"workload": "tally", "model": "py-loop", "source": "runner.py"}],
}


def describe() -> None:
    changes = HERE / "description.json"
    said = json.loads(changes.read_text("utf-8")) if changes.exists() else {}
    print(json.dumps({**DESCRIPTION, **said}))


def run() -> None:
    request = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(kind: str, **fields: object) -> None:
        answers.write(json.dumps({"kind": kind, **fields}) + "\n")

    say("started", protocol=1, facts={"folder": str(Path.cwd())})
    print(os.environ.get("COUNTER_SAYS", ""))
    for case in request["cases"]:
        for iteration in range(case["warmup"] + case["iterations"]):
            begin = time.monotonic_ns()
            value = sum(1 for _ in range(case["params"]["steps"]))
            say(
                "sample",
                case=case["id"],
                iteration=iteration,
                warmup=iteration < case["warmup"],
                elapsed_ns=time.monotonic_ns() - begin,
                operations=case["operations"],
            )
        digest = hashlib.sha256(str(value).encode()).hexdigest()
        say("outcome", case=case["id"], digest=digest, value=str(value))
    say("finished")


if __name__ == "__main__":
    (HERE / "started").touch()
    {"describe": describe, "run": run}[sys.argv[1]]()
