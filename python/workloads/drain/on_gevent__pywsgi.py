"""A WSGI application in pywsgi; SIGTERM stops the server, which waits for connections for 1 s."""

import signal
from collections.abc import Iterable

import gevent
from gevent.event import Event

from runner.work import Params, Probe
from workloads.http import on_gevent__pywsgi as http


class Application:
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False

    def __call__(self, environ: dict[str, object], start_response: http.Start) -> Iterable[bytes]:
        gevent.sleep(self.wait_s)
        further_headers = [("Connection", "close")] if self.is_draining else []
        return http.respond(environ, start_response, *further_headers)


def run(params: Params, probe: Probe) -> int:
    terminated = Event()
    application = Application(params.wait_ns / 1e9)
    server = http.make_server(application)
    handler = gevent.signal_handler(signal.SIGTERM, terminated.set)
    try:
        server.start()
        probe.listening(server.server_port)
        terminated.wait()
        application.is_draining = True
        server.stop()
    finally:
        handler.cancel()
    return 0
