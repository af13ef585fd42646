"""Worker processes that all get the SIGTERM of their parent."""

import signal

from runner.work import Probe
from workloads.http import prefork


def serve(run_worker: prefork.RunWorker, probe: Probe) -> None:
    """Serve until SIGTERM arrives and all workers have ended."""
    with prefork.workers(run_worker) as (port, workers):
        previous = signal.signal(signal.SIGTERM, lambda *_: prefork.terminate(workers))
        try:
            probe.listening(port)
            prefork.join(workers)
        finally:
            signal.signal(signal.SIGTERM, previous)
