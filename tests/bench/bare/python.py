"""Minimal hand-written loops, without any harness: what workloads are held against.

    python.py WORKLOAD MODEL SIZE CALLS -> one line: the nanoseconds of each call after the first

Everything a person would write to time this by hand, and no more. Stands alone on purpose.
"""

import sys
import time
from importlib import import_module
from pathlib import Path

WAIT_NS, EARLY_NS = 50_000_000, 1_000_000


def asyncio_pingpong(rounds, calls):
    import asyncio

    async def ping(there, back):
        value = 0
        for _ in range(rounds):
            await there.put(value)
            value = await back.get() + 1
        return value

    async def pong(there, back):
        for _ in range(rounds):
            await back.put(await there.get() + 1)

    async def main():
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            there, back = asyncio.Queue(1), asyncio.Queue(1)
            async with asyncio.TaskGroup() as group:
                pinging = group.create_task(ping(there, back))
                group.create_task(pong(there, back))
            assert pinging.result() == 2 * rounds
            times.append(time.perf_counter_ns() - start)
        return times

    return main


def asyncio_fanout(tasks, calls):
    import asyncio

    async def main():
        times = []
        for _ in range(calls):
            waited = in_flight = most = 0

            async def wait():
                nonlocal waited, in_flight, most
                in_flight += 1
                most = max(most, in_flight)
                start = time.perf_counter_ns()
                await asyncio.sleep(WAIT_NS / 1e9)
                waited += time.perf_counter_ns() - start >= WAIT_NS - EARLY_NS
                in_flight -= 1

            start = time.perf_counter_ns()
            async with asyncio.TaskGroup() as group:
                for _ in range(tasks):
                    group.create_task(wait())
            times.append(time.perf_counter_ns() - start)
            assert waited == tasks
            assert 0 < most <= tasks
        return times

    return main


def trio_like_pingpong(rounds, calls, channel, nursery):
    async def main():
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            there_in, there_out = channel(0)
            back_in, back_out = channel(0)
            value = 0

            async def ping():
                nonlocal value
                async with there_in, back_out:
                    for _ in range(rounds):
                        await there_in.send(value)
                        value = await back_out.receive() + 1

            async def pong():
                async with there_out, back_in:
                    for _ in range(rounds):
                        await back_in.send(await there_out.receive() + 1)

            async with nursery() as group:
                group.start_soon(ping)
                group.start_soon(pong)
            assert value == 2 * rounds
            times.append(time.perf_counter_ns() - start)
        return times

    return main


def trio_like_fanout(tasks, calls, sleep, nursery):
    async def main():
        times = []
        for _ in range(calls):
            waited = in_flight = most = 0

            async def wait():
                nonlocal waited, in_flight, most
                in_flight += 1
                most = max(most, in_flight)
                start = time.perf_counter_ns()
                await sleep(WAIT_NS / 1e9)
                waited += time.perf_counter_ns() - start >= WAIT_NS - EARLY_NS
                in_flight -= 1

            start = time.perf_counter_ns()
            async with nursery() as group:
                for _ in range(tasks):
                    group.start_soon(wait)
            times.append(time.perf_counter_ns() - start)
            assert waited == tasks
            assert 0 < most <= tasks
        return times

    return main


def gevent_pingpong(rounds, calls):
    import gevent
    from gevent.queue import Queue

    times = []
    for _ in range(calls):
        start = time.perf_counter_ns()
        there, back = Queue(1), Queue(1)

        def ping(there=there, back=back):
            value = 0
            for _ in range(rounds):
                there.put(value)
                value = back.get() + 1
            return value

        def pong(there=there, back=back):
            for _ in range(rounds):
                back.put(there.get() + 1)

        pinging = gevent.spawn(ping)
        gevent.joinall([pinging, gevent.spawn(pong)], raise_error=True)
        assert pinging.value == 2 * rounds
        times.append(time.perf_counter_ns() - start)
    return times


def gevent_fanout(tasks, calls):
    import gevent

    times = []
    for _ in range(calls):
        waited = in_flight = most = 0

        def wait():
            nonlocal waited, in_flight, most
            in_flight += 1
            most = max(most, in_flight)
            start = time.perf_counter_ns()
            gevent.sleep(WAIT_NS / 1e9)
            waited += time.perf_counter_ns() - start >= WAIT_NS - EARLY_NS
            in_flight -= 1

        start = time.perf_counter_ns()
        gevent.joinall([gevent.spawn(wait) for _ in range(tasks)], raise_error=True)
        times.append(time.perf_counter_ns() - start)
        assert waited == tasks
        assert 0 < most <= tasks
    return times


def threads_pingpong(rounds, calls):
    from queue import Queue
    from threading import Thread

    times = []
    for _ in range(calls):
        start = time.perf_counter_ns()
        there, back = Queue(), Queue()

        def pong(there=there, back=back):
            for _ in range(rounds):
                back.put(there.get() + 1)

        partner = Thread(target=pong)
        partner.start()
        value = 0
        for _ in range(rounds):
            there.put(value)
            value = back.get() + 1
        partner.join()
        times.append(time.perf_counter_ns() - start)
        assert value == 2 * rounds
    return times


def threads_fanout(tasks, calls):
    from threading import Thread

    times = []
    for _ in range(calls):
        waits = []

        def wait(waits=waits):
            start = time.perf_counter_ns()
            time.sleep(WAIT_NS / 1e9)
            waits.append(time.perf_counter_ns() - start)

        start = time.perf_counter_ns()
        threads = [Thread(target=wait) for _ in range(tasks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ok = sum(waited >= WAIT_NS - EARLY_NS for waited in waits)
        times.append(time.perf_counter_ns() - start)
        assert ok == tasks
    return times


def doubled(tasks, starts):
    """Yield how many wait after each step, from one task to all.

    Before each, it reads the memory, as any loop has to that ends at a limit of memory. As in the
    workload, this does not count: the start moves by as long as it took.
    """
    target = 1
    while True:
        begun = time.perf_counter_ns()
        Path("/proc/self/smaps_rollup").read_text()
        starts[0] += time.perf_counter_ns() - begun
        yield target
        if target == tasks:
            return
        target = min(tasks, 2 * target)


def asyncio_ceiling(tasks, calls):
    import asyncio

    async def main():
        times = []
        for _ in range(calls):
            event = asyncio.Event()
            started = waiting = ended = 0

            async def wait(event=event):
                nonlocal waiting, ended
                waiting += 1
                await event.wait()
                waiting -= 1
                ended += 1

            starts = [time.perf_counter_ns()]
            async with asyncio.TaskGroup() as group:
                for target in doubled(tasks, starts):
                    while started < target:
                        group.create_task(wait())
                        started += 1
                    await asyncio.sleep(0)
                    assert waiting == target
                times.append(time.perf_counter_ns() - starts[0])
                event.set()
            assert ended == tasks
        return times

    return main


def trio_ceiling(tasks, calls):
    import trio
    from trio.testing import wait_all_tasks_blocked

    async def main():
        times = []
        for _ in range(calls):
            event = trio.Event()
            started = waiting = ended = 0

            async def wait(event=event):
                nonlocal waiting, ended
                waiting += 1
                await event.wait()
                waiting -= 1
                ended += 1

            starts = [time.perf_counter_ns()]
            async with trio.open_nursery() as nursery:
                for target in doubled(tasks, starts):
                    while started < target:
                        nursery.start_soon(wait)
                        started += 1
                    await wait_all_tasks_blocked()
                    assert waiting == target
                times.append(time.perf_counter_ns() - starts[0])
                event.set()
            assert ended == tasks
        return times

    return trio.run(main)


def threads_ceiling(tasks, calls):
    from threading import Event, Lock, Semaphore, Thread

    times = []
    for _ in range(calls):
        event, arrived, lock = Event(), Semaphore(0), Lock()
        threads = []
        waiting = ended = 0

        def wait(event=event, arrived=arrived, lock=lock):
            nonlocal waiting, ended
            with lock:
                waiting += 1
            arrived.release()
            event.wait()
            with lock:
                waiting -= 1
                ended += 1

        starts = [time.perf_counter_ns()]
        for target in doubled(tasks, starts):
            before = len(threads)
            while len(threads) < target:
                threads.append(Thread(target=wait))
                threads[-1].start()
            for _ in threads[before:]:
                arrived.acquire()
            assert waiting == target
        times.append(time.perf_counter_ns() - starts[0])
        event.set()
        for thread in threads:
            thread.join()
        assert ended == tasks
    return times


def answer(there, back):
    while (value := there.get()) is not None:
        back.put(value + 1)


def processes_pingpong(rounds, calls):
    from multiprocessing import get_context

    processes = get_context("forkserver")
    there, back = processes.Queue(), processes.Queue()
    partner = processes.Process(target=answer, args=(there, back))
    partner.start()
    times = []
    for _ in range(calls):
        start = time.perf_counter_ns()
        value = 0
        for _ in range(rounds):
            there.put(value)
            value = back.get() + 1
        times.append(time.perf_counter_ns() - start)
        assert value == 2 * rounds
    there.put(None)
    partner.join()
    return times


def ceiling(model, size, calls):
    if model == "asyncio":
        import asyncio

        return asyncio.run(asyncio_ceiling(size, calls)())
    return (trio_ceiling if model == "trio" else threads_ceiling)(size, calls)


MODULES = {
    **dict.fromkeys(("counter", "offload", "pickling"), "offloading"),
    **dict.fromkeys(("fileread", "filestream", "linecount"), "files"),
    **dict.fromkeys(("switch", "spawn", "pipeline", "start"), "switching"),
    **dict.fromkeys(("cancel", "deadline", "bounded", "mixed"), "waiting"),
}


def measure(workload, model, size, calls):
    if workload == "ceiling":
        return ceiling(model, size, calls)
    if workload in MODULES:
        sys.path.append(str(Path(__file__).parent))  # this runs with -P
        return import_module(MODULES[workload]).measure(workload, model, size, calls)
    return pingpong_or_fanout(workload, model, size, calls)


def pingpong_or_fanout(workload, model, size, calls):
    if workload not in ("pingpong", "fanout") or (workload, model) == ("fanout", "processes"):
        sys.exit(f"found {workload} on {model}, expected a loop that is written here")
    if model == "gevent":
        return (gevent_pingpong if workload == "pingpong" else gevent_fanout)(size, calls)
    if model == "threads":
        return (threads_pingpong if workload == "pingpong" else threads_fanout)(size, calls)
    if model == "processes":
        return processes_pingpong(size, calls)
    if model in ("asyncio", "asyncio-eager", "uvloop"):
        import asyncio

        make_loop = asyncio.new_event_loop
        if model == "uvloop":
            from uvloop import new_event_loop as make_loop
        main = (asyncio_pingpong if workload == "pingpong" else asyncio_fanout)(size, calls)
        with asyncio.Runner(loop_factory=make_loop) as runner:
            if model == "asyncio-eager":
                runner.get_loop().set_task_factory(asyncio.eager_task_factory)
            return runner.run(main())
    if model == "scratch":
        from runner import scratch

        main = scratch_main(workload, size, calls, scratch)
        return scratch.run(main())
    import trio

    if model == "trio":
        channel, sleep, nursery, run = (
            trio.open_memory_channel,
            trio.sleep,
            trio.open_nursery,
            trio.run,
        )
    else:
        import anyio

        backend = model.removeprefix("anyio-")
        channel, sleep, nursery = (
            anyio.create_memory_object_stream,
            anyio.sleep,
            anyio.create_task_group,
        )

        def run(main):
            return anyio.run(main, backend=backend)

    if workload == "pingpong":
        return run(trio_like_pingpong(size, calls, channel, nursery))
    return run(trio_like_fanout(size, calls, sleep, nursery))


def scratch_main(workload, size, calls, scratch):
    if workload == "fanout":

        async def main():
            times = []
            for _ in range(calls):
                waited = in_flight = most = 0

                async def wait():
                    nonlocal waited, in_flight, most
                    in_flight += 1
                    most = max(most, in_flight)
                    start = time.perf_counter_ns()
                    await scratch.sleep(WAIT_NS / 1e9)
                    waited += time.perf_counter_ns() - start >= WAIT_NS - EARLY_NS
                    in_flight -= 1

                start = time.perf_counter_ns()
                async with scratch.TaskGroup() as group:
                    for _ in range(size):
                        group.spawn(wait())
                times.append(time.perf_counter_ns() - start)
                assert waited == size
            return times

        return main

    async def ping(there, back):
        value = 0
        for _ in range(size):
            await there.send(value)
            value = await back.receive() + 1
        return value

    async def pong(there, back):
        for _ in range(size):
            await back.send(await there.receive() + 1)

    async def main():
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            there, back = scratch.Channel(), scratch.Channel()
            async with scratch.TaskGroup() as group:
                pinging = group.spawn(ping(there, back))
                group.spawn(pong(there, back))
            assert await pinging.join() == 2 * size
            times.append(time.perf_counter_ns() - start)
        return times

    return main


if __name__ == "__main__":
    times = measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print(*(times[1:] or times))
