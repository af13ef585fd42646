"""Run a loop in each of two threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from runner.witness import Witness


def probe(witness: Witness) -> str:
    both = Barrier(2)

    async def main() -> None:
        both.wait(timeout=2)  # passes only if the other loop runs too

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(witness.boot, main) for _ in range(2)]
    failures = [error for future in futures if (error := future.exception())]
    witness.saw(f"failures: {failures!r}")
    return "no" if failures else "yes"
