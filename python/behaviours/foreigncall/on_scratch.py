"""Use spawn of a group from a second thread."""

import threading
import time

from runner import scratch
from runner.witness import Witness

WAIT_S = 0.4


async def probe(witness: Witness) -> str:
    begun, ran, errors = time.monotonic(), list[float](), list[Exception]()

    async def work() -> None:
        ran.append(time.monotonic() - begun)

    async with scratch.TaskGroup() as group:

        def call() -> None:
            time.sleep(WAIT_S / 4)  # the loop waits
            try:
                group.spawn(work())
            except RuntimeError as error:
                errors.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        await scratch.sleep(WAIT_S)
    thread.join()
    witness.saw(f"errors: {errors!r}; ran: {bool(ran)}")
    if errors or not ran:
        return "refused" if errors else "never runs"
    return "runs at once" if ran[0] < WAIT_S * 3 / 4 else "runs late"
