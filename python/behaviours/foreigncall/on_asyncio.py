"""Use call_soon from a second thread."""

import asyncio
import threading
import time

from runner.witness import Witness

WAIT_S = 0.4


async def probe(witness: Witness) -> str:
    loop = asyncio.get_running_loop()
    begun, ran, errors = time.monotonic(), list[float](), list[Exception]()

    def call() -> None:
        time.sleep(WAIT_S / 4)  # the loop waits
        try:
            loop.call_soon(lambda: ran.append(time.monotonic() - begun))
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    await asyncio.sleep(WAIT_S)
    await asyncio.sleep(0.01)
    thread.join()
    witness.saw(f"errors: {errors!r}; ran: {bool(ran)}")
    if errors or not ran:
        return "refused" if errors else "never runs"
    return "runs at once" if ran[0] < WAIT_S * 3 / 4 else "runs late"
