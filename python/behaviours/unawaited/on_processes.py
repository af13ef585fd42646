"""A process fails, and nobody asks for its exit code; its standard error is a file."""

import os
import tempfile
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.witness import Witness


def failing() -> None:
    raise ValueError("nobody waits for this")


def probe(witness: Witness) -> str:
    with tempfile.TemporaryFile("w+") as log:
        os.dup2(log.fileno(), 2)  # before the first process starts, so that all have it
        child = get_context(START_METHOD).Process(target=failing)
        child.start()
        child.join()
        log.seek(0)
        lines = log.read().strip().splitlines()
    witness.saw(f"standard error of the process ends with: {lines[-1:]}")
    return "logged" if lines else "silent"
