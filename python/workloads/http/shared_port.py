"""A port that several servers share (SO_REUSEPORT), and how many there are."""

import os
import socket

MIN_WORKERS = 2


def bind(port: int = 0) -> socket.socket:
    """Return a socket that shares `port` with the other workers; 0 takes any free port."""
    # asyncio sets TCP_NODELAY only if the socket's protocol is TCP; the default protocol is 0.
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def count_workers() -> int:
    """Return how many workers there are: one per processor that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(MIN_WORKERS, len(os.sched_getaffinity(0)))
    return max(MIN_WORKERS, os.cpu_count() or 1)
