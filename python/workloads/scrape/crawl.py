"""The crawl by a pool of threads or processes, whose workers fetch and parse."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from runner.work import Probe
from workloads.scrape.lxml_links import ROOT

Visit = Callable[[str], list[str] | None]  # returns the links of a page; None: it is broken


def crawl(pool: Executor, visit: Visit, probe: Probe) -> int:
    seen = {ROOT}
    links = failed = 0
    jobs: set[Future[list[str] | None]] = {pool.submit(visit, ROOT)}
    while jobs:
        done, jobs = wait(jobs, return_when=FIRST_COMPLETED)
        for job in done:
            found = job.result()
            if found is None:
                failed += 1
                continue
            links += len(found)
            new = set(found) - seen
            seen |= new
            jobs |= {pool.submit(visit, link) for link in new}
    probe.observe("failed", failed)
    return links
