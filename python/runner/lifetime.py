"""End this process, and everything it has started, when the harness is gone.

The harness holds the other end of standard input. The kernel sends SIGIO to the owner of a
descriptor with O_ASYNC when something happens on it, and by default SIGIO ends a process. So a
harness that is killed leaves no process behind, and no thread has to watch for it: a thread would
distort what is measured, and would make forking unsafe.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal


def exit_with_harness(descriptor: int) -> bool:
    """End the whole process group when `descriptor`, the standard input, is closed or written to.

    Returns False if it is closed already: the signal would never come.
    """
    try:
        leads_its_group = os.getpgrp() == os.getpid()  # False if a person started it in a shell
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp() if leads_its_group else os.getpid())
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    except OSError:
        return True  # standard input is not a pipe
    return not _is_closed(descriptor)


def exit_at_end_of_input(descriptor: int) -> None:
    """Let the harness write to standard input; only its end still ends the process group.

    From now on SIGIO goes to this process alone, and its handler checks the reason.
    """

    def handle_sigio(_signal: int, _frame: object) -> None:
        if _is_closed(descriptor):
            kill_process_group()

    signal.signal(signal.SIGIO, handle_sigio)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())


def stop_watching() -> None:
    """Let this process exit: it has read its last line and done its work.

    The kernel sends the signal for a line only after the line can be read. If the harness has to
    wait for a processor in between, the signal comes when the interpreter has restored the default
    action, and would end the process.
    """
    if callable(signal.getsignal(signal.SIGIO)):
        signal.signal(signal.SIGIO, signal.SIG_IGN)


def kill_process_group() -> None:
    """End this process and everything it has started, at once."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _is_closed(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLHUP)
    return any(event & select.POLLHUP for _, event in poll.poll(0))
