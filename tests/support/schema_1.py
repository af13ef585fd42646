"""A small run as Loombench stored it before schema 2, written by hand."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.factories import WORKLOAD

RUN = """\
{
 "schema_version": 1,
 "id": "20250102T030405Z-old",
 "started_at": "2025-01-02T03:04:05+00:00",
 "seed": 7,
 "profile": "quick",
 "budget_s": 60.0,
 "machine": {
  "host": "old", "system": "Linux 5.10", "cpu": "a cpu", "logical_cores": 2, "memory_bytes": 8589934592
 },
 "runners": [
  {
   "name": "python", "language": "python", "version": "3.11.7", "models": ["asyncio", "trio"],
   "facts": {"trio": "0.30.0"}
  }
 ],
 "workloads": {"demo": %s},
 "cells": [
  {"workload": "demo", "case": "headline", "model": "asyncio"},
  {"workload": "demo", "case": "headline", "model": "asyncio", "variant": "futures"},
  {"workload": "demo", "case": "headline", "model": "asyncio", "control": true}
 ],
 "absent": [
  {
   "cell": {"workload": "demo", "case": "headline", "model": "uvloop"},
   "absence": "unavailable",
   "reason": "it is not installed"
  }
 ],
 "sources": {"python/workloads/demo/on_asyncio.py": "00ff"},
 "implementations": {
  "demo/asyncio": "python/workloads/demo/on_asyncio.py",
  "demo/asyncio/futures": "python/workloads/demo/on_asyncio__futures.py"
 }
}
"""  # noqa: E501

TRIALS = """\
{"cell":{"workload":"demo","case":"headline","model":"asyncio"},"block":0,"position":0,\
"status":"ok","started_at":"2025-01-02T03:04:06.000+00:00","wall_ns":60000000,\
"samples":[{"elapsed_ns":50000000,"operations":10}],"spin_ns":5100000,"spin_cpu_ns":5000000}
{"cell":{"workload":"demo","case":"headline","model":"asyncio","variant":"futures"},"block":0,\
"position":1,"status":"ok","started_at":"2025-01-02T03:04:07.000+00:00","wall_ns":60000000,\
"samples":[{"elapsed_ns":100000000,"operations":10}],"observed":{"in_flight":3}}
{"cell":{"workload":"demo","case":"headline","model":"asyncio","control":true},"block":0,\
"position":2,"status":"timeout","started_at":"2025-01-02T03:04:08.000+00:00","wall_ns":40000000000,\
"message":"not finished after 40 s"}
"""


def write(out: Path) -> Path:
    """Write the run to a directory of results and return its own directory."""
    folder = out / "20250102T030405Z-old"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(RUN % json.dumps(WORKLOAD), encoding="utf-8")
    (folder / "trials.jsonl").write_text(TRIALS, encoding="utf-8")
    return folder
