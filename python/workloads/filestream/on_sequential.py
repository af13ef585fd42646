"""One chunk after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.work import Params, Probe
from workloads.filestream.chunks import make_file, stream


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Path]:
    with make_file(params) as path:
        yield path


def run(params: Params, probe: Probe, path: Path) -> int:
    chunks = params.file_bytes // params.chunk_bytes
    probe.observe_least("off_loop", 0)
    return stream(path, chunks, params.chunk_bytes).total
