"""Worker processes that all get the SIGTERM of their parent."""

from runner.work import Probe
from workloads.drain import sigterm
from workloads.http import prefork


def serve(run_worker: prefork.RunWorker, probe: Probe) -> None:
    """Serve until SIGTERM arrives and all workers have ended."""
    with prefork.workers(run_worker) as (port, workers), sigterm.signal_socket() as signals:
        probe.listening(port)
        sigterm.wait(signals)
        prefork.terminate(workers)
        prefork.join(workers)
