"""Loops of `switch`, `spawn`, `pipeline` and `start` by hand, for asyncio, trio and threads."""

import time
from itertools import pairwise

TASKS = 10  # of switch
STAGES, CAPACITY = 3, 16  # of pipeline


def asyncio_switch(switches, calls):
    import asyncio

    async def main():
        times = []
        for _ in range(calls):
            last, done = None, 0

            async def take_turns():
                nonlocal last, done
                me = asyncio.current_task()
                while done < switches:
                    done += last is not me
                    last = me
                    await asyncio.sleep(0)

            start = time.perf_counter_ns()
            async with asyncio.TaskGroup() as group:
                for _ in range(TASKS):
                    group.create_task(take_turns())
            times.append(time.perf_counter_ns() - start)
            assert done == switches
        return times

    return main


def trio_switch(switches, calls):
    import trio

    async def main():
        times = []
        for _ in range(calls):
            last, done = None, 0

            async def take_turns():
                nonlocal last, done
                me = trio.lowlevel.current_task()
                while done < switches:
                    done += last is not me
                    last = me
                    await trio.lowlevel.checkpoint()

            start = time.perf_counter_ns()
            async with trio.open_nursery() as nursery:
                for _ in range(TASKS):
                    nursery.start_soon(take_turns)
            times.append(time.perf_counter_ns() - start)
            assert done == switches
        return times

    return main


def threads_switch(switches, calls):
    from threading import Barrier, Thread, get_ident

    times = []
    for _ in range(calls):
        last, done = None, 0
        start = time.perf_counter_ns()
        gate = Barrier(TASKS)

        def take_turns(gate=gate):
            nonlocal last, done
            me = get_ident()
            gate.wait()
            while done < switches:
                done += last != me
                last = me
                time.sleep(0)

        threads = [Thread(target=take_turns) for _ in range(TASKS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times.append(time.perf_counter_ns() - start)
        assert done == switches
    return times


def asyncio_spawn(tasks, calls):
    import asyncio

    async def main():
        times = []
        for _ in range(calls):
            ran, parent = 0, asyncio.current_task()

            async def task(parent=parent):
                nonlocal ran
                ran += asyncio.current_task() is not parent

            start = time.perf_counter_ns()
            async with asyncio.TaskGroup() as group:
                for _ in range(tasks):
                    group.create_task(task())
            times.append(time.perf_counter_ns() - start)
            assert ran == tasks
        return times

    return main


def trio_spawn(tasks, calls):
    import trio

    async def main():
        times = []
        for _ in range(calls):
            ran, parent = 0, trio.lowlevel.current_task()

            async def task(parent=parent):
                nonlocal ran
                ran += trio.lowlevel.current_task() is not parent

            start = time.perf_counter_ns()
            async with trio.open_nursery() as nursery:
                for _ in range(tasks):
                    nursery.start_soon(task)
            times.append(time.perf_counter_ns() - start)
            assert ran == tasks
        return times

    return main


def threads_spawn(tasks, calls):
    from threading import Thread, get_ident

    times = []
    for _ in range(calls):
        ran = []

        def task(ran=ran):
            ran.append(get_ident())

        start = time.perf_counter_ns()
        threads = [Thread(target=task) for _ in range(tasks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ok = len(ran) - ran.count(get_ident())
        times.append(time.perf_counter_ns() - start)
        assert ok == tasks
    return times


def asyncio_pipeline(items, calls):
    import asyncio

    async def produce(output):
        for value in range(items):
            await output.put(value)

    async def pass_on(source, output):
        for _ in range(items):
            await output.put(await source.get() + 1)

    async def consume(source):
        total = 0
        for position in range(items):
            total += position * await source.get()
        return total

    async def main():
        times = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            queues = [asyncio.Queue(CAPACITY) for _ in range(STAGES + 1)]
            async with asyncio.TaskGroup() as group:
                group.create_task(produce(queues[0]))
                for source, output in pairwise(queues):
                    group.create_task(pass_on(source, output))
                consumer = group.create_task(consume(queues[-1]))
            times.append(time.perf_counter_ns() - start)
            assert consumer.result() == total_of(items)
        return times

    return main


def trio_pipeline(items, calls):
    import trio

    async def produce(output):
        async with output:
            for value in range(items):
                await output.send(value)

    async def pass_on(source, output):
        async with source, output:
            async for value in source:
                await output.send(value + 1)

    async def main():
        times = []
        for _ in range(calls):
            total = received = 0

            async def consume(source):
                nonlocal total, received
                async with source:
                    async for value in source:
                        total += received * value
                        received += 1

            start = time.perf_counter_ns()
            channels = [trio.open_memory_channel(CAPACITY) for _ in range(STAGES + 1)]
            async with trio.open_nursery() as nursery:
                nursery.start_soon(produce, channels[0][0])
                for before, after in pairwise(channels):
                    nursery.start_soon(pass_on, before[1], after[0])
                nursery.start_soon(consume, channels[-1][1])
            times.append(time.perf_counter_ns() - start)
            assert total == total_of(items)
        return times

    return main


def threads_pipeline(items, calls):
    from queue import Queue
    from threading import Thread

    def produce(output):
        for value in range(items):
            output.put(value)

    def pass_on(source, output):
        for _ in range(items):
            output.put(source.get() + 1)

    times = []
    for _ in range(calls):
        total = 0

        def consume(source):
            nonlocal total
            for position in range(items):
                total += position * source.get()

        start = time.perf_counter_ns()
        queues = [Queue(CAPACITY) for _ in range(STAGES + 1)]
        threads = [Thread(target=produce, args=(queues[0],))]
        threads += [Thread(target=pass_on, args=ends) for ends in pairwise(queues)]
        threads += [Thread(target=consume, args=(queues[-1],))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times.append(time.perf_counter_ns() - start)
        assert total == total_of(items)
    return times


def total_of(items):
    return sum(position * (position + STAGES) for position in range(items))


def once_on_asyncio():
    import asyncio

    ran = False

    async def main():
        async def task():
            nonlocal ran
            ran = True

        async with asyncio.TaskGroup() as group:
            group.create_task(task())

    with asyncio.Runner() as runner:
        runner.run(main())
    return ran


def once_on_trio():
    import trio

    ran = False

    async def main():
        async def task():
            nonlocal ran
            ran = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(task)

    trio.run(main)
    return ran


def once_on_threads():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(bool, 1).result()


def start(once, starts, calls):
    """Start a model in another thread, as the workload does."""
    from concurrent.futures import ThreadPoolExecutor

    times = []
    with ThreadPoolExecutor(1) as thread:
        for _ in range(calls):
            begin = time.perf_counter_ns()
            ran = thread.submit(lambda: sum(once() for _ in range(starts))).result()
            times.append(time.perf_counter_ns() - begin)
            assert ran == starts
    return times


STARTS = {"asyncio": once_on_asyncio, "trio": once_on_trio, "threads": once_on_threads}
OTHERS = {
    ("switch", "asyncio"): asyncio_switch,
    ("switch", "trio"): trio_switch,
    ("switch", "threads"): threads_switch,
    ("spawn", "asyncio"): asyncio_spawn,
    ("spawn", "trio"): trio_spawn,
    ("spawn", "threads"): threads_spawn,
    ("pipeline", "asyncio"): asyncio_pipeline,
    ("pipeline", "trio"): trio_pipeline,
    ("pipeline", "threads"): threads_pipeline,
}


def measure(workload, model, size, calls):
    if workload == "start":
        return start(STARTS[model], size, calls)
    loop = OTHERS[workload, model](size, calls)
    if model == "asyncio":
        import asyncio

        return asyncio.run(loop())
    if model == "trio":
        import trio

        return trio.run(loop)
    return loop
