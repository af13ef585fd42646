"""One thread per chunk."""

from threading import Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    sums: list[int] = []  # append() is atomic, so no lock is needed

    def sum_squares(low: int, high: int) -> None:
        sums.append(sum(i * i for i in range(low, high)))

    threads = [
        Thread(target=sum_squares, args=(c * n // chunks, (c + 1) * n // chunks))
        for c in range(chunks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sums)
