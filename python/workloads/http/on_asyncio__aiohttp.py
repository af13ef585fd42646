"""aiohttp's server and router."""

import socket

from aiohttp import web

from runner.work import Params, Probe
from workloads.http.response import BODY

KEEP_ALIVE_S = 3_600  # longer than any trial: only the client closes connections


async def hello(request: web.Request) -> web.Response:
    return web.Response(body=BODY, content_type="text/plain")


async def run(params: Params, probe: Probe) -> int:
    application = web.Application()
    application.router.add_get("/", hello)
    runner = web.AppRunner(application, access_log=None, keepalive_timeout=KEEP_ALIVE_S)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    await web.SockSite(runner, listener, backlog=1024).start()
    probe.listening(listener.getsockname()[1])
    await probe.stopped()
    await runner.cleanup()
    return 0
