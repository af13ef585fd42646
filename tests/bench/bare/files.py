"""Hand-written loops for files: `fileread`, `filestream` and `linecount` without any harness."""

import sys
import time
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

FILE_BYTES, CHUNK_BYTES, TEXT_FILES = 131_072, 65_536, 8
TEXT = "the quick brown fox jumps over the lazy dog"


def write_files(folder, files):
    """Return what to read and how to check it: the path and digest of each file."""
    digests = {}
    for number in range(files):
        path = Path(folder, str(number))
        content = Random(number).randbytes(FILE_BYTES)
        path.write_bytes(content)
        digests[path] = sha256(content).digest()
    return digests


def digest(path):
    return path, sha256(path.read_bytes()).digest()


def write_stream(folder, size):
    path = Path(folder, "stream")
    path.write_bytes(b"".join(k.to_bytes(1024, "little") for k in range(size // 1024)))
    chunks = size // CHUNK_BYTES
    return path, chunks, size + CHUNK_BYTES // 1024 * chunks * (chunks - 1) // 2


def open_file(path):
    return path.open("rb", buffering=0)


def value_of(chunk):
    return len(chunk) + int.from_bytes(chunk[:8], "little")


def write_texts(folder, lines):
    paths = [Path(folder, str(number)) for number in range(TEXT_FILES)]
    for path in paths:
        path.write_text("".join(f"{i} {TEXT[: i % 40]}\n" for i in range(lines)))
    return paths, TEXT_FILES * lines


def count(path):
    with path.open(encoding="utf-8") as file:
        return sum(1 for _ in file)


def asyncio_fileread(files, calls):
    import asyncio

    async def read(path):
        return digest(path)

    async def main(expected):
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(read(path)) for path in expected]
            assert dict(task.result() for task in tasks) == expected
            times.append(time.perf_counter_ns() - start)
        return times

    with TemporaryDirectory() as folder:
        return asyncio.run(main(write_files(folder, files)))


def trio_fileread(files, calls):
    import trio

    async def main(expected):
        times = []
        for _ in range(calls):
            found = []

            async def read(path, found=found):
                found.append(digest(path))

            start = time.perf_counter_ns()
            async with trio.open_nursery() as nursery:
                for path in expected:
                    nursery.start_soon(read, path)
            assert dict(found) == expected
            times.append(time.perf_counter_ns() - start)
        return times

    with TemporaryDirectory() as folder:
        return trio.run(main, write_files(folder, files))


def run_threads(job, arguments):
    from threading import Thread

    found = []
    threads = [Thread(target=lambda one=one: found.append(job(one))) for one in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def threads_fileread(files, calls):
    times = []
    with TemporaryDirectory() as folder:
        expected = write_files(folder, files)
        for _ in range(calls):
            start = time.perf_counter_ns()
            assert dict(run_threads(digest, expected)) == expected
            times.append(time.perf_counter_ns() - start)
    return times


def asyncio_filestream(size, calls):
    import asyncio

    async def main(path, chunks, expected):
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            total = 0
            with await asyncio.to_thread(open_file, path) as file:
                for _ in range(chunks):
                    total += value_of(await asyncio.to_thread(file.read, CHUNK_BYTES))
            times.append(time.perf_counter_ns() - start)
            assert total == expected
        return times

    with TemporaryDirectory() as folder:
        return asyncio.run(main(*write_stream(folder, size)))


def trio_filestream(size, calls):
    import trio

    async def main(path, chunks, expected):
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            total = 0
            with await trio.to_thread.run_sync(open_file, path) as file:
                for _ in range(chunks):
                    total += value_of(await trio.to_thread.run_sync(file.read, CHUNK_BYTES))
            times.append(time.perf_counter_ns() - start)
            assert total == expected
        return times

    with TemporaryDirectory() as folder:
        return trio.run(main, *write_stream(folder, size))


def threads_filestream(size, calls):
    from concurrent.futures import ThreadPoolExecutor

    times = []
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
        path, chunks, expected = write_stream(folder, size)
        for _ in range(calls):
            start = time.perf_counter_ns()
            total = 0
            with pool.submit(open_file, path).result() as file:
                for _ in range(chunks):
                    total += value_of(pool.submit(file.read, CHUNK_BYTES).result())
            times.append(time.perf_counter_ns() - start)
            assert total == expected
    return times


def asyncio_linecount(lines, calls):
    import asyncio

    async def count_file(path):
        return count(path)

    async def main(paths, expected):
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(count_file(path)) for path in paths]
            assert sum(task.result() for task in tasks) == expected
            times.append(time.perf_counter_ns() - start)
        return times

    with TemporaryDirectory() as folder:
        return asyncio.run(main(*write_texts(folder, lines)))


def trio_linecount(lines, calls):
    import trio

    async def main(paths, expected):
        times = []
        for _ in range(calls):
            found = []

            async def count_file(path, found=found):
                found.append(count(path))

            start = time.perf_counter_ns()
            async with trio.open_nursery() as nursery:
                for path in paths:
                    nursery.start_soon(count_file, path)
            assert sum(found) == expected
            times.append(time.perf_counter_ns() - start)
        return times

    with TemporaryDirectory() as folder:
        return trio.run(main, *write_texts(folder, lines))


def threads_linecount(lines, calls):
    times = []
    with TemporaryDirectory() as folder:
        paths, expected = write_texts(folder, lines)
        for _ in range(calls):
            start = time.perf_counter_ns()
            assert sum(run_threads(count, paths)) == expected
            times.append(time.perf_counter_ns() - start)
    return times


def measure(workload, model, size, calls):
    loop = globals().get(f"{model}_{workload}")
    if loop is None:
        sys.exit(f"found {workload} on {model}, expected a loop that is written here")
    return loop(size, calls)
