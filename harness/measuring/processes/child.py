"""One child process from spawn to the last it left running: lines in, lines out, and limits.

Knows nothing of trials. The child leads a session of its own; it and all below it die together.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from harness.measuring.processes import orphans, watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_TICK_S = 0.25  # how often limits are looked at; a look costs well under a millisecond
_STDERR_KEPT = 4_096
_LONGEST_LINE = 16 * 2**20
_GRACE_S = 2.0  # for helpers of the child to see that it is gone


@dataclass(frozen=True)
class Limits:
    """When a child is stopped."""

    timeout_s: float
    memory_bytes: int  # by how much the machine's free memory may fall


@dataclass
class Ended:
    """How a child ended. Times in ns, taken outside."""

    returncode: int  # negative: the signal that ended it
    wall_ns: int
    cpu_ns: int  # user and system, of the child and of all it waited for
    stderr_end: str
    stopped: str = ""  # why we stopped it: timeout, memory, interrupt, or what `on_line` said
    left_running: int = 0  # processes that outlived it, in whatever session, now ended


class Handle:
    """How others, on other threads, reach a child that runs.

    A process id and a descriptor can be somebody else's as soon as the child is reaped and its
    pipes are closed, so that and using them exclude each other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def attach(self, process: subprocess.Popen[bytes]) -> None:
        """Take hold of a child that was started."""
        with self._lock:
            self._process = process

    @contextlib.contextmanager
    def letting_go(self) -> Iterator[None]:
        """Let go of the child, if this ends with its end: it can be reached no more."""
        with self._lock:
            yield
            if self._process is not None and self._process.returncode is not None:
                self._process = None

    def write_line(self, line: bytes) -> None:
        """Write a short line to its input; does nothing if it is gone."""
        with self._lock:
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    os.write(self._process.stdin.fileno(), line)

    def terminate(self) -> None:
        """Ask it to end, as a system does that shuts down (SIGTERM)."""
        with self._lock:
            if self._process is not None:
                with contextlib.suppress(OSError):
                    os.kill(self._process.pid, signal.SIGTERM)


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    first_line: bytes,
    limits: Limits,
    on_line: Callable[[bytes], str],
    interrupted: Callable[[], bool] = lambda: False,
    on_tick: Callable[[], None] = lambda: None,
    folder: Path | None = None,
    cores: frozenset[int] = frozenset(),
    handle: Handle | None = None,
) -> Ended:
    """Run a command to its end, or to the limits. Raises OSError if it cannot be started.

    `on_line` is given each line of standard output; a text that is not empty stops the child.
    `interrupted` and `on_tick` are called about four times a second. It runs in `folder`, or in
    ours; on these processors, if any are named.
    """
    with _on(cores):
        child = _Child(command, env, limits, on_line, folder, handle or Handle())
    stopped = ""
    try:
        stopped = (
            child.talk(first_line, interrupted, on_tick) or child.wait(interrupted) or child.rest()
        )
    finally:
        ended = child.end(stopped)
    return ended


@contextlib.contextmanager
def _on(cores: frozenset[int]) -> Iterator[None]:
    """Let what this thread starts begin life on these processors: it inherits the thread's."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class _Child:
    """A running child: its process, its pipes, and what is known of its end."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        limits: Limits,
        on_line: Callable[[bytes], str],
        folder: Path | None,
        handle: Handle,
    ) -> None:
        self._limits = limits
        self._handle = handle
        self._lines = _Lines(on_line)
        self._errors = bytearray()
        self._status: tuple[int, float] | None = None  # exit code, CPU seconds
        env = {**env, **watchdog.mark()}
        self._free_before = psutil.virtual_memory().available
        self._start = time.monotonic()
        self._start_ns = time.perf_counter_ns()
        self.process = orphans.start(
            lambda: subprocess.Popen(
                command,
                env=env,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        )
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._in, self._out, self._err = process.stdin, process.stdout, process.stderr
        handle.attach(process)

    def talk(
        self, line: bytes, interrupted: Callable[[], bool], on_tick: Callable[[], None]
    ) -> str:
        """Write the line it is asked with, and read until its outputs are closed or it is gone.

        Its input stays open. Returns why to stop it.
        """
        with selectors.DefaultSelector() as selector:
            for stream in (self._in, self._out, self._err):
                os.set_blocking(stream.fileno(), False)
            selector.register(self._in, selectors.EVENT_WRITE)
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._err, selectors.EVENT_READ)
            next_look = self._start + _TICK_S
            while selector.get_map().keys() - {self._in.fileno()}:
                for key, events in selector.select(max(0.0, next_look - time.monotonic())):
                    if events & selectors.EVENT_WRITE:
                        line = self._ask(line)
                        is_done = not line
                    else:
                        data = os.read(key.fd, 65_536)
                        is_done = not data
                        if reason := self._take(key.fileobj, data):
                            return reason
                    if is_done:
                        selector.unregister(key.fileobj)
                        next_look = 0.0  # if an output was closed, most likely the end
                now = time.monotonic()
                if now >= next_look:
                    next_look = now + _TICK_S
                    if self._is_gone():
                        break  # though somebody may still hold its pipes open
                    if reason := self._limit(interrupted):
                        return reason
                    on_tick()
        return ""

    def _ask(self, line: bytes) -> bytes:
        """Write what the pipe takes; return the rest."""
        try:
            return line[os.write(self._in.fileno(), line) :]
        except BlockingIOError:
            return line
        except BrokenPipeError:  # it ended without reading on; its exit code tells
            return b""

    def wait(self, interrupted: Callable[[], bool]) -> str:
        """Wait for a child that has closed its outputs. Returns why to stop it."""
        while not self._is_gone():
            if reason := self._limit(interrupted):
                return reason
            time.sleep(0.001)
        return ""

    def rest(self) -> str:
        """Take what a child that is gone has left in its pipes. Returns what is wrong with it."""
        self._take(self._err, _rest(self._err.fileno()))
        reason = self._take(self._out, _rest(self._out.fileno()))
        # A line that was cut short is a fault of its own only if nothing else explains it.
        return reason or (self._lines.end() if self.process.returncode == 0 else "")

    def end(self, stopped: str) -> Ended:
        """Make sure that nothing of the child is left, and say how it ended."""
        wall_ns = time.perf_counter_ns() - self._start_ns
        if self._status is None:
            orphans.kill_group(self.process.pid)
            self._is_gone(block=True)
        assert self._status is not None
        # Its input is closed only now: to a child that lives, that means the harness has died.
        for stream in (self._in, self._out, self._err):
            stream.close()
        return Ended(
            returncode=self._status[0],
            wall_ns=wall_ns,
            cpu_ns=round(self._status[1] * 1e9),
            stderr_end=self._errors.decode("utf-8", "replace").strip(),
            stopped=stopped,
            left_running=orphans.end(self.process.pid, _GRACE_S),
        )

    def _take(self, stream: object, data: bytes) -> str:
        if stream is self._out:
            return self._lines.feed(data)
        self._errors += data
        del self._errors[:-_STDERR_KEPT]
        return ""

    def _is_gone(self, *, block: bool = False) -> bool:
        """Look whether the child has ended.

        wait4 rather than Popen.wait: it tells what this one child used. Its `ru_maxrss` is not
        looked at, since that starts at this process's own peak.
        """
        if self._status is None:
            with self._handle.letting_go():
                pid, status, used = os.wait4(self.process.pid, 0 if block else os.WNOHANG)
                if pid != 0:
                    self.process.returncode = os.waitstatus_to_exitcode(status)
                    self._status = self.process.returncode, used.ru_utime + used.ru_stime
        return self._status is not None

    def _limit(self, interrupted: Callable[[], bool]) -> str:
        if interrupted():
            return "interrupt"
        if time.monotonic() - self._start > self._limits.timeout_s:
            return "timeout"
        # The fall of free memory covers all the child has started, at the price of one small
        # read. Summing over processes would cost more than the harness may use beside a trial.
        if self._free_before - psutil.virtual_memory().available > self._limits.memory_bytes:
            return "memory"
        return ""


class _Lines:
    """Cuts a stream into lines."""

    def __init__(self, on_line: Callable[[bytes], str]) -> None:
        self._on_line = on_line
        self._pending = bytearray()

    def feed(self, data: bytes) -> str:
        """Hand on the lines that are whole. Returns why to stop, or an empty text."""
        self._pending += data
        if b"\n" in data:
            *whole, rest = self._pending.split(b"\n")
            self._pending = rest
            for line in whole:
                reason = self._on_line(bytes(line))
                if reason:
                    return reason
        if len(self._pending) > _LONGEST_LINE:
            return f"a line of more than {_LONGEST_LINE >> 20} MiB on standard output"
        return ""

    def end(self) -> str:
        """Hand on what is left; a line that was never ended is most likely cut: no JSON."""
        line = bytes(self._pending)
        return self._on_line(line) if line.strip() else ""


def _rest(descriptor: int) -> bytes:
    """Return what a pipe holds at this moment, and not what others go on writing into it."""
    held = bytearray(4)
    fcntl.ioctl(descriptor, termios.FIONREAD, held)
    left = int.from_bytes(held, sys.byteorder)
    data = bytearray()
    while left > 0 and (chunk := os.read(descriptor, left)):
        data += chunk
        left -= len(chunk)
    return bytes(data)
