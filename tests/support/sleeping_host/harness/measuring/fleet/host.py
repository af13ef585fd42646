"""Stands for the program of a host: a block is a sleep, and its trials are made up."""

import json
import os
import sys
import time

SLEEP_S = float(os.environ.get("LOOMBENCH_TEST_SLEEP_S", "0"))


def replies(order: dict) -> list[dict]:
    if order["kind"] == "describe":
        name = f"sleeper-{os.getpid()}"
        machine = {
            "host": name,
            "system": "Linux",
            "cpu": "a cpu",
            "logical_cores": 2,
            "memory_bytes": 2**33,
        }
        host = {"id": name, "machine": machine, "runners": []}
        return [{"kind": "described", "host": host, "boot": name}]
    time.sleep(SLEEP_S)
    return [
        {
            "kind": "trial",
            "trial": {
                "cell": place["cell"],
                "block": order["index"],
                "position": position,
                "status": "ok",
                "started_at": "2026-01-02T03:04:05+00:00",
                "wall_ns": 10**9,
                "samples": [{"elapsed_ns": 60_000_000, "operations": 10}],
            },
        }
        for position, place in enumerate(order["places"])
    ]


for line in sys.stdin:
    for reply in replies(json.loads(line)):
        print(json.dumps(reply))
    print(flush=True)
