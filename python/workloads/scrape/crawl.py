"""The crawl by workers that fetch and parse: threads, processes, or tasks of other loops."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from runner.work import Probe
from workloads.scrape.lxml_links import ROOT

Links = list[str] | None  # of a page; None: it is broken
Submit = Callable[[str], Future[Links]]  # lets a worker visit a page


def crawl(submit: Submit, probe: Probe) -> int:
    seen = {ROOT}
    links = failed = 0
    jobs: set[Future[Links]] = {submit(ROOT)}
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
            jobs |= {submit(link) for link in new}
    probe.observe("failed", failed)
    return links
