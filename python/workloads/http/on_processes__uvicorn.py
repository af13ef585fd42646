"""uvicorn in pre-forked workers, one per processor."""

from multiprocessing.connection import Connection

from runner.work import Params, Probe
from workloads.http import prefork
from workloads.http.asgi_response import Scope, Send, response
from workloads.http.shared_port import bind
from workloads.http.uvicorn_server import Application, Server, configure

prefork.processes.set_forkserver_preload([__name__])


async def application(scope: Scope, receive: object, send: Send) -> None:
    for message in response(scope):
        await send(message)


def run_worker(port: int, ready: Connection, application: Application = application) -> None:
    # The loop is that of the asyncio model, so that only the number of processes differs.
    server = Server(configure(application, loop="asyncio"), ready.send)
    server.run([bind(port)])


def run(params: Params, probe: Probe) -> int:
    with prefork.workers(run_worker) as (port, workers):
        probe.listening(port)
        probe.wait_until_stopped()
        prefork.terminate(workers)
    return 0
