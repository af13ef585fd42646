"""An InterpreterPoolExecutor with one interpreter, and one job. Imports only what it needs."""

from concurrent.futures import InterpreterPoolExecutor

from runner.interpreter_pool import here


def start_and_stop() -> bool:
    with InterpreterPoolExecutor(1) as pool:
        return pool.submit(here).result() != here()
