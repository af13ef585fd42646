"""uvicorn and a plain ASGI application, in the running event loop."""

import asyncio

from runner.work import Params, Probe
from workloads.http.asgi_response import Scope, Send, response
from workloads.http.uvicorn_server import Server, configure


async def application(scope: Scope, receive: object, send: Send) -> None:
    for message in response(scope):
        await send(message)


async def run(params: Params, probe: Probe) -> int:
    port = asyncio.get_running_loop().create_future()
    server = Server(configure(application, loop="none"), port.set_result)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        probe.listening(await port)
        await probe.stopped()
        server.should_exit = True
    return 0
