"""http.server's ThreadingHTTPServer, which looks for a shutdown every 20 ms."""

from runner.work import Params, Probe
from workloads.drain import http_server


def run(params: Params, probe: Probe) -> int:
    http_server.serve(params.wait_ns / 1e9, probe, poll_interval=0.02)
    return 0
