"""http.server's ThreadingHTTPServer in the main thread, with a handler of SIGTERM."""

import signal
import time
from threading import Thread

from runner.work import Probe
from workloads.http import http_server as http


class Handler(http.Handler):
    def respond(self, *headers: tuple[str, str]) -> None:
        time.sleep(self.server.wait_s)
        if self.server.is_draining:
            headers += (("Connection", "close"),)
        super().respond(*headers)


class Server(http.Server):
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.is_draining = False
        super().__init__(Handler)

    def server_close(self) -> None:
        self.socket.close()
        super().server_close()


def serve(wait_s: float, probe: Probe, **options: float) -> None:
    """Serve until SIGTERM; `options` are those of serve_forever()."""
    with Server(wait_s) as server:
        # shutdown() waits until serve_forever() has returned, so it needs a thread of its own.
        shutdown_thread = Thread(target=server.shutdown)

        def drain(*_: object) -> None:
            server.is_draining = True
            shutdown_thread.start()

        previous = signal.signal(signal.SIGTERM, drain)
        try:
            probe.listening(server.server_port)
            server.serve_forever(**options)
            shutdown_thread.join()
        finally:
            signal.signal(signal.SIGTERM, previous)
