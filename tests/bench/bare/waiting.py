"""Hand-written loops of `cancel`, `deadline`, `bounded` and `mixed`; `python.py` calls them."""

import asyncio
import time
from threading import Event, Thread

HOUR_S, MS = 3_600, 1_000_000
TASKS, OPERATIONS, SPAN_NS = 1_000, 100, 30 * MS
LIMIT, UNIT_NS, WAIT_NS = 10, 2 * MS, 5 * MS
STEPS = 12_500  # of the computation of a request
now = time.perf_counter_ns


def spin_until(moment):
    while now() < moment:
        pass


def due_times(lead_ns):
    first = now() + lead_ns
    return [first + k * 7_919 % OPERATIONS * SPAN_NS // OPERATIONS for k in range(OPERATIONS)]


def compute():
    value = 1
    for _ in range(STEPS):
        value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
    return value


def task_of(workload, sleep):
    """Return what a task of the workload does, and its counts."""
    counts = {"done": 0}

    async def wait():
        try:
            await sleep(HOUR_S)
        finally:
            counts["done"] += 1

    async def job(k):
        await sleep((1 + k * 3 % 10) * UNIT_NS / 1e9)
        counts["done"] += 1

    return (wait if workload == "cancel" else job), counts


async def asyncio_cancel(lead_ns):
    wait, counts = task_of("cancel", asyncio.sleep)
    moment = now() + lead_ns
    tasks = [asyncio.create_task(wait()) for _ in range(TASKS)]
    await asyncio.sleep(max(0, moment - 2 * MS - now()) / 1e9)
    spin_until(moment)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert counts["done"] == TASKS


async def trio_cancel(lead_ns):
    import trio

    wait, counts = task_of("cancel", trio.sleep)
    moment = now() + lead_ns
    async with trio.open_nursery() as nursery:
        for _ in range(TASKS):
            nursery.start_soon(wait)
        await trio.sleep(max(0, moment - 2 * MS - now()) / 1e9)
        spin_until(moment)
        nursery.cancel_scope.cancel()
    assert counts["done"] == TASKS


def threads_cancel(lead_ns):
    stop, done = Event(), []

    def wait():
        try:
            stop.wait(HOUR_S)
        finally:
            done.append(1)

    moment = now() + lead_ns
    threads = [Thread(target=wait) for _ in range(TASKS)]
    for thread in threads:
        thread.start()
    time.sleep(max(0, moment - 2 * MS - now()) / 1e9)
    spin_until(moment)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(done) == TASKS


async def asyncio_deadline(lead_ns):
    late = []

    async def limited(due):
        try:
            async with asyncio.timeout(max(0, due - now()) / 1e9):
                await asyncio.Event().wait()
        except TimeoutError:
            late.append(now() - due)

    async with asyncio.TaskGroup() as group:
        for due in due_times(lead_ns):
            group.create_task(limited(due))
    assert len(late) == OPERATIONS


async def trio_deadline(lead_ns):
    import trio

    late = []

    async def limited(due):
        try:
            with trio.fail_after(max(0, due - now()) / 1e9):
                await trio.sleep_forever()
        except trio.TooSlowError:
            late.append(now() - due)

    async with trio.open_nursery() as nursery:
        for due in due_times(lead_ns):
            nursery.start_soon(limited, due)
    assert len(late) == OPERATIONS


def threads_deadline(lead_ns):
    late = []

    def limited(due):
        if not Event().wait(max(0, due - now()) / 1e9):
            late.append(now() - due)

    threads = [Thread(target=limited, args=(due,)) for due in due_times(lead_ns)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(late) == OPERATIONS


async def asyncio_bounded(jobs):
    job, counts = task_of("bounded", asyncio.sleep)
    semaphore = asyncio.Semaphore(LIMIT)

    async def work(k):
        async with semaphore:
            await job(k)

    async with asyncio.TaskGroup() as group:
        for k in range(jobs):
            group.create_task(work(k))
    assert counts["done"] == jobs


async def trio_bounded(jobs):
    import trio

    job, counts = task_of("bounded", trio.sleep)
    limiter = trio.CapacityLimiter(LIMIT)

    async def work(k):
        async with limiter:
            await job(k)

    async with trio.open_nursery() as nursery:
        for k in range(jobs):
            nursery.start_soon(work, k)
    assert counts["done"] == jobs


def pool():
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(LIMIT)


def threads_bounded(jobs, threads):
    def work(k):
        time.sleep((1 + k * 3 % 10) * UNIT_NS / 1e9)
        return 1

    assert sum(threads.map(work, range(jobs))) == jobs


async def asyncio_mixed(requests):
    pending, values = iter(range(requests)), []

    async def worker():
        for _ in pending:
            await asyncio.sleep(WAIT_NS / 1e9)
            values.append(compute())

    async with asyncio.TaskGroup() as group:
        for _ in range(LIMIT):
            group.create_task(worker())
    assert len(values) == requests


async def trio_mixed(requests):
    import trio

    pending, values = iter(range(requests)), []

    async def worker():
        for _ in pending:
            await trio.sleep(WAIT_NS / 1e9)
            values.append(compute())

    async with trio.open_nursery() as nursery:
        for _ in range(LIMIT):
            nursery.start_soon(worker)
    assert len(values) == requests


def threads_mixed(requests, threads):
    def request(_):
        time.sleep(WAIT_NS / 1e9)
        return compute()

    assert len(list(threads.map(request, range(requests)))) == requests


def measure(workload, model, size, calls):
    work = globals()[f"{model}_{workload}"]
    arguments = (size,)
    if model == "threads":
        with pool() as threads:
            if workload in ("bounded", "mixed"):
                arguments = (size, threads)
            return [elapsed(work, arguments) for _ in range(calls)]

    async def main():
        times = []
        for _ in range(calls):
            start = now()
            await work(*arguments)
            times.append(now() - start)
        return times

    if model == "asyncio":
        return asyncio.run(main())
    import trio

    return trio.run(main)


def elapsed(work, arguments):
    start = now()
    work(*arguments)
    return now() - start
