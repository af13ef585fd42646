"""A headless Chromium, spoken to over a pair of pipes: no driver, no package, no socket.

DevTools take JSON that ends in a zero byte on descriptor 3, and answer so on descriptor 4. What
selenium and playwright would add to that are a server and forty megabytes.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PHONE, DESKTOP = (375, 800), (1280, 900)
_ABOVE_THREE_AND_FOUR = 10


@cache
def chromium() -> str | None:
    """Return a Chromium that starts; one that is there may still lack what it needs."""
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        return None
    try:
        done = subprocess.run([found, "--version"], check=False, capture_output=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found if done.returncode == 0 else None


class BrowserError(Exception):
    pass


@dataclass
class Browser:
    """One page at a time."""

    _out: int
    _in: int
    _session: str = ""
    _target: str = ""
    _number: int = 0
    _buffer: bytes = b""
    said: list[str] = field(default_factory=list)  # errors, and what was printed to the console
    asked: list[str] = field(default_factory=list)  # addresses that a page wanted

    def open(
        self, path: Path, size: tuple[int, int] = DESKTOP, *, dark: bool = False, at: str = ""
    ) -> None:
        """Open a file in a window of that size; waits until it is loaded."""
        self.said.clear()
        self.asked.clear()
        target = self.call("Target.createTarget", {"url": "about:blank"}, page=False)["targetId"]
        if self._target:
            self.call("Target.closeTarget", {"targetId": self._target}, page=False)
        self._target = target
        attached = self.call(
            "Target.attachToTarget", {"targetId": target, "flatten": True}, page=False
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", {"features": [scheme]})
        # What moves after it was first seen; the page must be observed from its beginning.
        shifts = (
            "window.shifted = 0; new PerformanceObserver(list => list.getEntries()"
            ".forEach(one => window.shifted += one.value))"
            ".observe({type: 'layout-shift', buffered: true})"
        )
        self.call("Page.addScriptToEvaluateOnNewDocument", {"source": shifts})
        self.call("Page.navigate", {"url": path.resolve().as_uri() + at})
        self._until(lambda message: message.get("method") == "Page.loadEventFired")

    def resize(self, size: tuple[int, int]) -> None:
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    def run(self, expression: str) -> Any:
        """Evaluate an expression in the page, awaited where it is a promise."""
        answer = self.call(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True, "awaitPromise": True},
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:2_000])
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """Press a key and let it go, as a keyboard would."""
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        common = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", {"type": "keyDown", **common, **text})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **common})

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", {"captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", {"printBackground": True})["data"])

    def call(
        self, method: str, params: dict[str, Any] | None = None, *, page: bool = True
    ) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params or {}}
        if page:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        number = self._number
        answer = self._until(lambda one: one.get("id") == number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        return answer["result"]

    def _until(self, is_it: Any) -> dict[str, Any]:
        while True:
            while b"\0" not in self._buffer:
                data = os.read(self._in, 1 << 20)
                if not data:
                    raise BrowserError("the browser has ended")
                self._buffer += data
            line, _, self._buffer = self._buffer.partition(b"\0")
            message = json.loads(line)
            self._hear(message)
            if is_it(message):
                return message

    def _hear(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.said.append(json.dumps(params)[:2_000])
        elif method == "Runtime.consoleAPICalled":
            self.said.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded":
            self.said.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it with all that it has started."""
    found = chromium()
    assert found is not None
    its_in, our_out = os.pipe()
    our_in, its_out = os.pipe()
    # Out of the way of 3 and 4, which they are to become.
    high = [
        fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _ABOVE_THREE_AND_FOUR) for fd in (its_in, its_out)
    ]
    os.close(its_in)
    os.close(its_out)
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    pid = os.posix_spawn(
        found,
        [found, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        {**os.environ, "HOME": str(profile)},
        file_actions=[
            *((os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)),
            *((os.POSIX_SPAWN_DUP2, fd, to) for fd, to in zip(high, (3, 4), strict=True)),
        ],
        setpgroup=0,
    )
    for fd in (*high, null):
        os.close(fd)
    page = Browser(our_out, our_in)
    try:
        yield page
        page.call("Browser.close", page=False)
    finally:
        os.close(our_out)
        os.close(our_in)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def axe() -> str | None:
    """Return the text of axe-core, if a package has brought it; that is not imported."""
    spec = find_spec("axe_core_python")
    if spec is None or spec.submodule_search_locations is None:
        return None
    (folder,) = spec.submodule_search_locations
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")
