"""The map of a pool waits for two calls that both fail."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.witness import Witness


def fail(name: str) -> None:
    raise ValueError(name)


def probe(witness: Witness) -> str:
    with ProcessPoolExecutor(2, mp_context=get_context(START_METHOD)) as pool:
        try:
            list(pool.map(fail, ("first", "second")))
        except ValueError as failure:
            witness.saw(f"map raised {failure!r}")
        except BaseExceptionGroup as failures:
            witness.saw(f"map raised {failures!r}")
            return "all at once"
    return "only the first"
