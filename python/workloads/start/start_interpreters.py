"""An InterpreterPoolExecutor with one interpreter, and one job. Imports only what it needs."""

from concurrent.futures import InterpreterPoolExecutor

from runner.interpreter_pool import current_interpreter


def start_and_stop() -> bool:
    with InterpreterPoolExecutor(1) as pool:
        return pool.submit(current_interpreter).result() != current_interpreter()
