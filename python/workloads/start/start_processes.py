"""A ProcessPoolExecutor with one process, and one job. Imports only what it needs."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from runner.models import START_METHOD

processes = get_context(START_METHOD)


def start_and_stop() -> bool:
    with ProcessPoolExecutor(1, processes) as pool:
        return pool.submit(os.getpid).result() != os.getpid()
