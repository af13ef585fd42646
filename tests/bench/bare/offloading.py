"""`counter`, `offload` and `pickling` by hand, for asyncio, trio and threads; see python.py."""

import asyncio
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from random import Random
from threading import Lock, Thread
from zlib import adler32

TASKS = 4  # of counter
LARGE_BYTES = 30 * 2**20  # more than any buffer of a trip


def step(value):
    return value + 1


def send_back(data, checksum):
    return data, adler32(data) == checksum


def warm_allocator():
    """Free a large block, as the workload does: malloc keeps the memory of buffers that follow."""
    bytes(LARGE_BYTES)


def make(size):
    warm_allocator()
    data = Random(size).randbytes(size)
    return data, adler32(data)


def process_pool():
    pool = ProcessPoolExecutor(1, get_context("forkserver"))
    pool.submit(warm_allocator).result()
    return pool


def asyncio_counter(increments, calls):
    async def main():
        times = []
        for _ in range(calls):
            counter, lock = 0, asyncio.Lock()

            async def count():
                nonlocal counter
                for _ in range(increments):
                    async with lock:
                        seen = counter
                        await asyncio.sleep(0)
                        counter = seen + 1

            start = time.perf_counter_ns()
            async with asyncio.TaskGroup() as group:
                for _ in range(TASKS):
                    group.create_task(count())
            times.append(time.perf_counter_ns() - start)
            assert counter == TASKS * increments
        return times

    return asyncio.run(main())


def trio_counter(increments, calls):
    import trio

    async def main():
        times = []
        for _ in range(calls):
            counter, lock = 0, trio.Lock()

            async def count():
                nonlocal counter
                for _ in range(increments):
                    async with lock:
                        seen = counter
                        await trio.lowlevel.checkpoint()
                        counter = seen + 1

            start = time.perf_counter_ns()
            async with trio.open_nursery() as nursery:
                for _ in range(TASKS):
                    nursery.start_soon(count)
            times.append(time.perf_counter_ns() - start)
            assert counter == TASKS * increments
        return times

    return trio.run(main)


def threads_counter(increments, calls):
    times = []
    for _ in range(calls):
        counter, lock = 0, Lock()

        def count():
            nonlocal counter
            for _ in range(increments):
                with lock:
                    seen = counter
                    time.sleep(0)
                    counter = seen + 1

        start = time.perf_counter_ns()
        threads = [Thread(target=count) for _ in range(TASKS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times.append(time.perf_counter_ns() - start)
        assert counter == TASKS * increments
    return times


def asyncio_offload(hops, calls):
    async def main():
        times = []
        for _ in range(calls):
            start, value = time.perf_counter_ns(), 0
            for _ in range(hops):
                value = await asyncio.to_thread(step, value)
            times.append(time.perf_counter_ns() - start)
            assert value == hops
        return times

    return asyncio.run(main())


def trio_offload(hops, calls):
    import trio

    async def main():
        times = []
        for _ in range(calls):
            start, value = time.perf_counter_ns(), 0
            for _ in range(hops):
                value = await trio.to_thread.run_sync(step, value)
            times.append(time.perf_counter_ns() - start)
            assert value == hops
        return times

    return trio.run(main)


def threads_offload(hops, calls):
    times = []
    with ThreadPoolExecutor() as pool:
        for _ in range(calls):
            start, value = time.perf_counter_ns(), 0
            for _ in range(hops):
                value = pool.submit(step, value).result()
            times.append(time.perf_counter_ns() - start)
            assert value == hops
    return times


def asyncio_pickling(size, calls):
    data, checksum = make(size)

    async def main():
        times, loop = [], asyncio.get_running_loop()
        with process_pool() as pool:
            for _ in range(calls):
                start = time.perf_counter_ns()
                back, right = await loop.run_in_executor(pool, send_back, data, checksum)
                assert right
                assert adler32(back) == checksum
                times.append(time.perf_counter_ns() - start)
        return times

    return asyncio.run(main())


def trio_pickling(size, calls):
    import trio

    data, checksum = make(size)

    async def main():
        times = []
        with process_pool() as pool:
            for _ in range(calls):
                start = time.perf_counter_ns()
                job = pool.submit(send_back, data, checksum)
                back, right = await trio.to_thread.run_sync(job.result)
                assert right
                assert adler32(back) == checksum
                times.append(time.perf_counter_ns() - start)
        return times

    return trio.run(main)


def threads_pickling(size, calls):
    data, checksum = make(size)
    times = []
    with ThreadPoolExecutor(1) as pool:
        for _ in range(calls):
            start = time.perf_counter_ns()
            back, right = pool.submit(send_back, data, checksum).result()
            assert right
            assert adler32(back) == checksum
            times.append(time.perf_counter_ns() - start)
    return times


def measure(workload, model, size, calls):
    loop = globals().get(f"{model}_{workload}")
    if loop is None:
        sys.exit(f"found {workload} on {model}, expected a loop that is written here")
    return loop(size, calls)
