"""http.server's ThreadingHTTPServer, with one thread per connection."""

from threading import Thread

from runner.work import Params, Probe
from workloads.http.http_server import Server


def run(params: Params, probe: Probe) -> int:
    with Server() as server:
        server_thread = Thread(target=server.serve_forever)
        server_thread.start()
        probe.listening(server.server_port)
        probe.wait_until_stopped()
        server.shutdown()
        server_thread.join()
    return 0
