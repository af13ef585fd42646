"""http.server's ThreadingHTTPServer in the main thread, with a Python signal handler."""

import signal
import time
from threading import Thread

from runner.work import Params, Probe
from workloads.http import on_threads as http

POLL_S = 0.02  # how often serve_forever checks for a shutdown


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
        self.is_draining = True
        super().server_close()


def run(params: Params, probe: Probe) -> int:
    with Server(params.wait_ns / 1e9) as server:
        # shutdown() waits until serve_forever() has returned, so it needs a thread of its own.
        shutdown_thread = Thread(target=server.shutdown)
        previous = signal.signal(signal.SIGTERM, lambda *_: shutdown_thread.start())
        try:
            probe.listening(server.server_port)
            server.serve_forever(POLL_S)
            shutdown_thread.join()
        finally:
            signal.signal(signal.SIGTERM, previous)
    return 0
