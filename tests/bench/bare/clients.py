"""Minimal hand-written clients, without any harness: what `fetch` and `scrape` are held against.

    clients.py WORKLOAD MODEL PORT SIZE CALLS -> one line: the nanoseconds of each call after the
                                                 first

SIZE is the number of pages of `fetch`, and of requests in flight of `scrape`. Stands alone on
purpose, as python.py does.
"""

import sys
import time


def find_links(page):
    from lxml import html

    return html.document_fromstring(page).xpath("//a/@href")


def timed(call, calls):
    times = []
    for _ in range(calls):
        start = time.perf_counter_ns()
        answer = call()
        times.append(time.perf_counter_ns() - start)
        assert answer > 0
    return times


async def timed_async(call, calls):
    times = []
    for _ in range(calls):
        start = time.perf_counter_ns()
        answer = await call()
        times.append(time.perf_counter_ns() - start)
        assert answer > 0
    return times


def on_asyncio(workload, port, size, calls):
    import asyncio

    import aiohttp

    async def fetch(client):
        async def get(page):
            async with client.get(f"/{page}") as response:
                return len(await response.read())

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(get(page)) for page in range(size)]
        return sum(task.result() for task in tasks)

    async def scrape(client):
        limit, seen, links = asyncio.Semaphore(size), {"/0"}, 0

        async def visit(path):
            nonlocal links
            async with limit, client.get(path) as response:
                page = await response.read()
            if response.status != 200:
                return
            found = find_links(page)
            links += len(found)
            for link in found:
                if link not in seen:
                    seen.add(link)
                    group.create_task(visit(link))

        async with asyncio.TaskGroup() as group:
            group.create_task(visit("/0"))
        return links

    async def main():
        pool = aiohttp.TCPConnector(limit=size)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=pool) as client:
            work = fetch if workload == "fetch" else scrape
            return await timed_async(lambda: work(client), calls)

    return asyncio.run(main())


def on_trio(workload, port, size, calls):
    import httpx2
    import trio

    async def fetch(client):
        total = 0

        async def get(page):
            nonlocal total
            total += len((await client.get(f"/{page}")).content)

        async with trio.open_nursery() as nursery:
            for page in range(size):
                nursery.start_soon(get, page)
        return total

    async def scrape(client):
        limit, seen, links = trio.CapacityLimiter(size), {"/0"}, 0

        async def visit(path):
            nonlocal links
            async with limit:
                response = await client.get(path)
            if response.status_code != 200:
                return
            found = find_links(response.content)
            links += len(found)
            for link in found:
                if link not in seen:
                    seen.add(link)
                    nursery.start_soon(visit, link)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(visit, "/0")
        return links

    async def main():
        limits = httpx2.Limits(max_connections=size)
        url = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=url, limits=limits) as client:
            work = fetch if workload == "fetch" else scrape
            return await timed_async(lambda: work(client), calls)

    return trio.run(main)


def on_threads(workload, port, size, calls):
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
    from threading import Thread

    import urllib3

    client = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=size)

    def fetch():
        sizes = []

        def get(page):
            sizes.append(len(client.request("GET", f"/{page}").data))

        threads = [Thread(target=get, args=(page,)) for page in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(sizes)

    def visit(path):
        response = client.request("GET", path)
        return find_links(response.data) if response.status == 200 else []

    def scrape(pool):
        seen, links = {"/0"}, 0
        jobs = {pool.submit(visit, "/0")}
        while jobs:
            done, jobs = wait(jobs, return_when=FIRST_COMPLETED)
            for job in done:
                found = job.result()
                links += len(found)
                new = set(found) - seen
                seen |= new
                jobs |= {pool.submit(visit, link) for link in new}
        return links

    if workload == "fetch":
        return timed(fetch, calls)
    with ThreadPoolExecutor(size) as pool:
        return timed(lambda: scrape(pool), calls)


if __name__ == "__main__":
    work = {"asyncio": on_asyncio, "trio": on_trio, "threads": on_threads}[sys.argv[2]]
    print(*work(sys.argv[1], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))[1:])
