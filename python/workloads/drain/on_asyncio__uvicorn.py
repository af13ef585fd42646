"""uvicorn, which handles SIGTERM itself, and a plain ASGI application."""

import asyncio
import signal

from runner.work import Params, Probe
from workloads.http.asgi_response import Scope, Send, response
from workloads.http.uvicorn_server import Server, configure


async def run(params: Params, probe: Probe) -> int:
    wait_s = params.wait_ns / 1e9

    async def application(scope: Scope, receive: object, send: Send) -> None:
        await asyncio.sleep(wait_s)
        for message in response(scope):
            await send(message)

    # After draining, uvicorn raises the signal again for the previous handler.
    previous = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        await Server(configure(application, loop="none"), probe.listening).serve()
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0
