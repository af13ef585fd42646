"""Servers are measured in the state that they reach after a minute, in each of their processes.

Until a process has freed a block above malloc's mmap threshold, such as the buffer of a read that
found the end of a connection, it maps and unmaps memory for each such block. A server in that state
has page faults for every request.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from harness.measuring.runners.go_build import build_go
from harness.measuring.servers import load_protocol
from harness.paths import ROOT, WORKLOADS
from tests.support.implementations import python_parameters
from tests.support.planted.bench import at_most, new_mark
from tests.support.served import STUCK_S, Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.implementations import Implementation

IMPLEMENTATIONS = [
    one for workload in ("http", "drain", "echo") for one in python_parameters(workload)
]
CONNECTIONS, REQUESTS = 8, 50  # of each connection, in the warm-up and in a turn
MOST_FAULTS_PER_REQUEST = 0.2  # found: at most 0.05; before a connection has ended: 1 or more
