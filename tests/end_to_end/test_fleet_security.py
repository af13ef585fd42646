"""A fleet with TLS, and one whose machines are apart: what connects, what listens, what is said."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.paths import ROOT
from harness.results import store
from tests.support.certificates import Authority
from tests.support.command import command
from tests.support.loopback_fleet import LoopbackFleet, family
from tests.support.measuring import LONG_S, measuring, wait_until
from tests.support.separate_machines import HUB, machines, why_not

_LISTEN = "0A"  # a state in /proc/PID/net/tcp

pytest.importorskip("distributed", reason="Dask is not installed")


def loombench(env: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("making certificates needs the program openssl")
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def secure(ours: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackFleet]:
    fleet = LoopbackFleet(
        tmp_path_factory.mktemp("fleet"),
        ours.configure("scheduler", "worker"),
        scheduler="--host tls://127.0.0.1 --port 0 --no-dashboard",
    )
    fleet.start_worker("one", options="--protocol tls --host 127.0.0.1 --no-nanny")
    try:
        yield fleet
    finally:
        assert fleet.end() == []


def test_a_fleet_with_tls_needs_only_the_configuration_of_dask(
    secure: LoopbackFleet, ours: Authority
) -> None:
    assert secure.address.startswith("tls://")
    done = loombench(ours.configure("client"), "doctor", "--scheduler", secure.address)
    assert done.returncode == 0, done.stderr
    assert "class of equal hosts" in done.stdout


def test_whose_certificate_is_wrong_is_one_clear_message(
    secure: LoopbackFleet, ours: Authority, tmp_path: Path
) -> None:
    theirs = Authority(tmp_path / "theirs")
    wrong = {
        "the scheduler's certificate is not one of the authority": ours.configure(
            "client", ca=theirs.ca
        ),
        "not accept the certificate in client.cert": theirs.configure("client", ca=ours.ca),
        "there is no file nowhere.pem": ours.configure("client", ca=Path("nowhere.pem")),
        "TLS lacks certificates": ours.configure(),
    }
    for message, env in wrong.items():
        done = loombench(env, "doctor", "--scheduler", secure.address)
        assert done.returncode == 3, done.stderr
        assert done.stderr.startswith(f"loombench: --scheduler {secure.address}: cannot connect: ")
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


def listens_at(pid: int) -> set[str]:
    """Return the addresses of IPv4 at which a process listens, in whatever namespace it is."""
    with contextlib.suppress(OSError):
        process = Path("/proc", str(pid))
        open_files = {str(one.readlink()) for one in (process / "fd").iterdir()}
        lines = (process / "net" / "tcp").read_text().splitlines()[1:]
        found = [line.split() for line in lines]
        return {
            socket.inet_ntoa(bytes.fromhex(one[1].partition(":")[0])[::-1])
            for one in found
            if one[3] == _LISTEN and f"socket:[{one[9]}]" in open_files
        }
    return set()


def test_machines_apart_measure_servers_on_their_own_loopback(tmp_path: Path) -> None:
    if reason := why_not() or ("" if shutil.which("go") else "the load generator needs Go"):
        pytest.skip(reason)
    env = {"PATH": os.environ["PATH"]}
    work = ("--workload", "echo", "--model", "asyncio", "--case", "headline", "--no-figures")
    with machines(tmp_path, ["alpha", "beta"]) as apart:
        host = apart.address(HUB)
        fleet = LoopbackFleet(
            tmp_path,
            env,
            scheduler=f"--host {host} --port 0 --no-dashboard",
            within=apart.within(HUB),
        )
        try:
            for name in ("alpha", "beta"):
                fleet.start_worker(
                    name,
                    apart.places(name),
                    options="--no-nanny",
                    within=apart.within(name),
                )
            arguments = (*work, "--budget", "9h", "--scheduler", fleet.address)
            with measuring(tmp_path / "results", *arguments, within=apart.within(HUB)) as it:
                servers: set[str] = set()
                coordinator: set[str] = set()

                def have_measured() -> bool:
                    nonlocal servers, coordinator
                    coordinator |= listens_at(it.process.pid)
                    for worker in fleet.workers.values():
                        for one in family(worker.pid)[1:]:  # without Dask
                            servers |= listens_at(one.pid)
                    return bool(servers) and {one.host for one in it.trials()} == {"alpha", "beta"}

                wait_until("both machines", have_measured)
                it.process.send_signal(signal.SIGINT)
                said = it.end()
            assert it.process.returncode == 130, said
            assert servers == {"127.0.0.1"}
            assert coordinator == set()
            run = store.read_run(store.find_run(tmp_path / "results"))
            assert {one.machine.host for one in run.hosts} == {"alpha", "beta"}
            trials = list(store.read_trials(store.find_run(tmp_path / "results"), []))
            assert not any("another run" in one.disturbed for one in trials)  # no --beside
        finally:
            assert fleet.end() == []
