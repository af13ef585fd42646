"""While one greenlet blocks the hub, another becomes ready, a timer due and a socket readable."""

import socket
import time

import gevent
from gevent.event import Event
from gevent.socket import wait_read

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    done = 0
    wait_s = params.wait_ns / 1e9
    ours, theirs = socket.socketpair()
    go = Event()

    def ready() -> None:
        nonlocal done
        go.wait()
        done += 1

    def timer() -> None:
        nonlocal done
        gevent.sleep(wait_s)
        done += 1

    def readable() -> None:
        nonlocal done
        wait_read(ours.fileno())
        done += 1

    def block() -> None:
        theirs.send(b"!")
        time.sleep(2 * wait_s)
        go.set()

    with ours, theirs:
        tasks = [gevent.spawn(task) for task in (timer, readable, ready, block)]
        gevent.joinall(tasks, raise_error=True)
    return done
