"""A ThreadPoolExecutor with one thread, and one job. Imports only what it needs."""

from concurrent.futures import ThreadPoolExecutor
from threading import get_ident


def start_and_stop() -> bool:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(get_ident).result() != get_ident()
