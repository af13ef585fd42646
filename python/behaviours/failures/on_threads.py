"""The map of a pool waits for two calls that both fail."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from runner.witness import Witness


def probe(witness: Witness) -> str:
    both = Barrier(2)

    def failing(name: str) -> None:
        both.wait()
        raise ValueError(name)

    with ThreadPoolExecutor(2) as pool:
        try:
            list(pool.map(failing, ("first", "second")))
        except ValueError as failure:
            witness.saw(f"map raised {failure!r}")
        except BaseExceptionGroup as failures:
            witness.saw(f"map raised {failures!r}")
            return "all at once"
    return "only the first"
