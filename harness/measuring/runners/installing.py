"""Install locked packages into a virtual environment: with uv where Loombench has it, or with pip.

uv takes a few seconds where pip takes half a minute, but it is no dependency: every interpreter
brings pip along. Where uv fails for another reason than a missing wheel, pip has the last word.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.measuring.runners.commands import Commands, Done

_MOST_TRIES = 10  # each leaves out a package that has no wheel
_NO_WHEEL = (
    re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+?)==(\S+)"),  # pip
    re.compile(r"Because ([A-Za-z0-9._-]+?)==(\S+) has no "),  # uv
)
_OFFLINE = "connection broken"
_LACKS = (
    re.compile(r"(?m)^(\S+) \S+ requires (\S+), which is not installed"),  # pip
    re.compile(r"(?m)^The package `(\S+)` requires `([\w.-]+).*`, but it's not installed"),  # uv
)
_HOW = ("install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
_UV_NAMES = {  # of a setting of pip, as a variable without PIP_ and _URL
    "INDEX": "UV_DEFAULT_INDEX",
    "EXTRA_INDEX": "UV_INDEX",
    "FIND_LINKS": "UV_FIND_LINKS",
    "TRUSTED_HOST": "UV_INSECURE_HOST",
    "CERT": "SSL_CERT_FILE",
    "CLIENT_CERT": "SSL_CLIENT_CERT",
    "PROXY": "ALL_PROXY",
}


class Requirement(NamedTuple):
    """A package of a locked file."""

    name: str
    text: str  # with its hashes


class Installer(NamedTuple):
    """A program that installs, and the variables that tell it how packages are reached."""

    command: tuple[str, ...]
    where: tuple[str, ...]  # options of each of its commands
    how: tuple[str, ...]  # further options of `install`
    env: Mapping[str, str]
    agree: tuple[str, ...]  # options of `uninstall`


def split(text: str) -> Iterator[Requirement]:
    """Yield each requirement of a locked file: the line that names it, and its hashes."""
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        if name := re.match(r"[A-Za-z0-9._-]+", block):
            yield Requirement(name[0], block)


def find_uv(run: Commands, python: Path) -> Installer | None:
    """Return uv for the environment of `python`, if Loombench has it and can tell it the settings.

    uv does not read the settings of pip, so the pip of Loombench's own environment lists them.
    """
    beside = Path(sys.executable).parent / "uv"
    uv = shutil.which(beside) or shutil.which("uv")
    settings = run.read_settings(_pip_of(sys.executable)) if uv else None
    if uv is None or settings is None:
        return None
    env = dict(_for_uv(name, value) for name, value in settings.items())
    # Which index has a file does not matter, because its hash has to be right.
    env |= {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_HTTP_RETRIES": "1"}
    no_index = settings.get("PIP_NO_INDEX", "").lower() in ("1", "true", "yes", "on")
    how = ("--compile-bytecode", "--link-mode", "copy", *(("--no-index",) if no_index else ()))
    where = ("--python", str(python), "--no-config")
    return Installer((uv, "pip"), where, how, env, ())


def _for_uv(name: str, value: str) -> tuple[str, str]:
    """Return a variable of pip as one of uv; others stay as they are."""
    known = _UV_NAMES.get(name.removeprefix("PIP_").removesuffix("_URL"), "")
    between = "," if known == "UV_FIND_LINKS" else " "
    return (known, between.join(value.split())) if known else (name, value)


def find_pip(run: Commands, python: Path) -> Installer:
    """Return the pip that is in the environment of `python`."""
    pip = _pip_of(python)
    return Installer(tuple(pip), (), ("--retries=1",), run.read_settings(pip) or {}, ("--yes",))


def _pip_of(python: Path | str) -> list[str]:
    return [str(python), "-I", "-m", "pip", "--disable-pip-version-check"]


def install(
    run: Commands, installer: Installer, file: Path, wanted: Sequence[Requirement], name: str
) -> tuple[dict[str, str], str]:
    """Install what has a wheel for the interpreter `name`, from a requirements `file` written here.

    Returns what is lacking, with the reasons, and why nothing could be installed. A package without
    a wheel is left out and the others are installed, with all their hashes.
    """
    do = _bind(run, installer)
    lacking: dict[str, str] = {}
    for _ in range(_MOST_TRIES):
        chosen = [one.text for one in wanted if one.name not in lacking]
        if not chosen:
            return lacking, ""
        file.write_text("".join(chosen), encoding="utf-8")
        done = do(*_HOW, *installer.how, "--requirement", str(file))
        if not done.failed:
            return _drop_incomplete(do, installer, lacking), ""
        found = next(filter(None, (one.search(done.text) for one in _NO_WHEEL)), None)
        if found is None or found[1] in lacking or _OFFLINE in done.text:
            return {}, f"its libraries could not be installed: {done.last_line}"
        lacking[found[1]] = f"{found[1]} {found[2]} has no wheel for {name}"
    return {}, f"found too few wheels for {name}"


def _bind(run: Commands, installer: Installer) -> Callable[..., Done]:
    """Return a function that runs one command of an installer."""

    def do(verb: str, *rest: str) -> Done:
        return run([*installer.command, verb, *installer.where, *rest], installer.env)

    return do


def _drop_incomplete(
    do: Callable[..., Done], installer: Installer, lacking: dict[str, str]
) -> dict[str, str]:
    """Remove packages that need one that is lacking, so that they do not fail when imported."""
    complete = dict(lacking)
    for _ in range(_MOST_TRIES if lacking else 0):
        text = do("check").text
        found = [pair for one in _LACKS for pair in one.findall(text)]
        new = {name: complete[needed] for name, needed in found if needed in complete}
        if not new:
            break
        do("uninstall", "--quiet", *installer.agree, *new)
        complete |= new
    return complete
