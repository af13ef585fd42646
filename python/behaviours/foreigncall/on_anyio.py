"""Use start_soon from a second thread."""

import threading
import time

import anyio

from runner.witness import Witness

WAIT_S = 0.4


async def probe(witness: Witness) -> str:
    begun, ran, errors = time.monotonic(), list[float](), list[Exception]()

    async def work() -> None:
        ran.append(time.monotonic() - begun)

    async with anyio.create_task_group() as group:

        def call() -> None:
            time.sleep(WAIT_S / 4)  # the loop waits
            try:
                group.start_soon(work)
            except Exception as error:  # noqa: BLE001 - nothing says which one
                errors.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        await anyio.sleep(WAIT_S)
    thread.join()
    witness.saw(f"errors: {errors!r}; ran: {bool(ran)}")
    if errors or not ran:
        return "refused" if errors else "never runs"
    return "runs at once" if ran[0] < WAIT_S * 3 / 4 else "runs late"
