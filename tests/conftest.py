"""Fixtures that more than one module of tests asks for."""

from __future__ import annotations

import gc
import importlib
import math
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import settings

from harness import cli
from harness.measuring import inventory as inventory_module
from harness.measuring.inventory import Inventory
from harness.measuring.processes import child
from harness.measuring.processes.running_time import RunningTime
from harness.measuring.runners import describing
from harness.measuring.runners.runner import Runners
from harness.results import store
from harness.statistics import rounds
from tests.support import shared
from tests.support.collecting import pytest_collection  # noqa: F401 - a hook of pytest
from tests.support.command import Invoke
from tests.support.exports import Export, small
from tests.support.factories import examples
from tests.support.outside import PLANTED, toml
from tests.support.planted.bench import LateAfter, left_of, new_mark
from tests.support.scheduling import pytest_xdist_make_scheduler  # noqa: F401 - a hook too

# --- the session

# Also where a test says nothing: by default a slow example fails, and each run has its own.
settings.register_profile("same", examples(100))
settings.load_profile("same")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let Ctrl-C interrupt, as tests of interrupts expect; `nohup` in a script has it ignored.

    Then have matplotlib list the fonts, if it has not yet: many processes would do that at once,
    and one that is killed meanwhile leaves a lock that keeps all others from importing it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(session.config, "workerinput"):  # this process starts before its workers
        importlib.import_module("matplotlib.font_manager")


def pytest_collection_finish() -> None:
    """Spend less time on garbage: what was collected lives to the end, and figures are large."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


# --- processes


@pytest.fixture
def mark() -> Iterator[str]:
    """The mark of all processes that a test starts; none of them may be left at its end."""
    mark = new_mark()
    yield mark
    left = left_of(mark)
    for process in left:
        process.kill()
    assert left == []


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the harness look at a child often, and be short with one that does not end."""
    monkeypatch.setattr(child, "_TICK_S", 0.02)
    monkeypatch.setattr(child, "_GRACE_S", 0.2)


@pytest.fixture
def all_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have contestants take part in all rounds, however long a busy machine makes their turns."""
    monkeypatch.setattr(rounds, "_SHORT_TURN_S", 3_600.0)


@pytest.fixture
def late_after(monkeypatch: pytest.MonkeyPatch) -> LateAfter:
    """Have a child be late as soon as the harness has done something, and never before.

    A short timeout would also be reached by a child that a busy machine lets start late.
    """
    happened = threading.Event()

    def read(_: RunningTime, *, is_stopped: bool = False) -> float:
        is_trial = threading.current_thread() is threading.main_thread()  # and no load generator
        return math.inf if is_trial and happened.is_set() else 0.0

    def late_after(owner: type, method: str, word: bytes = b"") -> None:
        do = getattr(owner, method)

        def done(self: object, *arguments: object) -> object:
            result = do(self, *arguments)
            if word in b"".join(one for one in arguments if isinstance(one, bytes)):
                happened.set()
            return result

        monkeypatch.setattr(owner, method, done)
        monkeypatch.setattr(RunningTime, "read", read)

    return late_after


# --- commands


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command; returns its exit code, its output with lines made one, and its errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, " ".join(out.split()), err

    return run


@pytest.fixture(scope="session", autouse=True)
def own_machine_lock(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the runs of tests that are run in parallel be measured at once."""
    os.environ["XDG_RUNTIME_DIR"] = str(tmp_path_factory.mktemp("lock"))


@pytest.fixture(scope="session", autouse=True)
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make the folder that all processes of this session share."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    os.environ[shared.FOLDER] = str(folder)


# --- runners from outside


@pytest.fixture(scope="session", autouse=True)
def own_answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what runners of tests answer apart from what those of the user do."""
    folder = tmp_path_factory.mktemp("answers")
    with pytest.MonkeyPatch.context() as patch:  # fails if the function has another name
        patch.setattr(describing, "cache_folder", lambda: folder)
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_with_runners() -> None:
    """Wait for the answers of runners as long as it takes: a busy machine starts many at once."""
    describing.DEADLINE_S = 60


@pytest.fixture(scope="session")
def inventory() -> Inventory:
    """The workloads and runners of this repository; the runners are built and asked once."""
    return Inventory.open()


@pytest.fixture(scope="session")
def ours(inventory: Inventory) -> Runners:
    return inventory.runners


@pytest.fixture
def asked_once(ours: Runners, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask our own runners what they offer once, and not in every test."""
    ask = inventory_module.find_runners
    monkeypatch.setattr(
        inventory_module,
        "find_runners",
        lambda passed, **options: ask(passed, **options) if passed else deepcopy(ours),
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder outside the repository with the Python runner."""
    folder = tmp_path / "outside"
    shutil.copytree(
        PLANTED / "python", folder, ignore=shutil.ignore_patterns("__pycache__", "started")
    )
    toml(folder)
    return folder


# --- exports


@pytest.fixture
def small_results(tmp_path: Path) -> Path:
    """Return a folder with the small run in it."""
    run_, measured = small()
    writer = store.RunWriter.create(tmp_path / "results", run_)
    for one in measured:
        writer.append(one)
    writer.close()
    return tmp_path / "results"


@pytest.fixture
def do_export(small_results: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Export:
    """Export that run by the command; returns its exit code, its output and its errors."""

    def do_export(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["export", "--out", str(small_results), *map(str, arguments)])
        said, err = capfdbinary.readouterr()
        assert b"Traceback" not in said + err
        return code, said.decode(), err.decode()

    return do_export
