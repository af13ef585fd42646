"""Run the commands that make an environment, and say how packages are reached."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from harness import units
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TIMEOUT_S = 300.0
_LONGEST = 2**20  # bytes of output
# How packages are reached, of all that pip's settings and the environment say.
_PIP_SETTING = re.compile(
    r"[^=]*\.([a-z-]*index[a-z-]*|find-links|trusted-host|proxy|[a-z-]*cert|cache-dir)='(.*)'"
)
_NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUESTS_CA_BUNDLE"),
)


class Done(NamedTuple):
    """What a command printed, and whether it failed."""

    text: str
    failed: bool

    @property
    def last_line(self) -> str:
        """The last line that says something, which is where programs say why they failed."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return units.one_line(lines[-1].removeprefix("ERROR: ")) if lines else "it gave no reason"


class Commands:
    """Runs commands, with nothing of the environment but how packages are reached.

    `needed` are variables that the interpreter needs to run, such as LD_LIBRARY_PATH.
    """

    def __init__(self, needed: Mapping[str, str], interrupted: Callable[[], bool]) -> None:
        self._needed = needed
        self._interrupted = interrupted

    def __call__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> Done:
        """Run a command to its end, which nothing that it started outlives."""
        environment = create_environment({**(env or {}), **self._needed})
        try:
            done, output = child.collect(
                command, environment, _TIMEOUT_S, _LONGEST, self._interrupted
            )
        except OSError as error:
            return Done(f"{command[0]}: {error.strerror}", failed=True)
        text = output.decode("utf-8", "replace") + done.stderr_end
        if done.stopped:
            text += f"\nstopped: {done.stopped}"
        return Done(text, bool(done.stopped or done.returncode))

    def read_settings(self, pip: Sequence[str]) -> dict[str, str] | None:
        """Ask a pip how packages are reached; its other settings would break an environment.

        Returns variables for pip; None if there is no such pip.
        """
        network = {name: value for name, value in os.environ.items() if name in _NETWORK}
        of_pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        listed = self([*pip, "config", "list"], {**network, **of_pip})
        if listed.failed:
            return None
        settings = {
            f"PIP_{match[1].upper().replace('-', '_')}": match[2].replace(r"\n", "\n")
            for line in listed.text.splitlines()
            if (match := _PIP_SETTING.fullmatch(line.strip()))
        }
        return {**network, **settings, "PIP_CONFIG_FILE": os.devnull}
