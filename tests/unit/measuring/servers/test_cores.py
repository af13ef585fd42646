"""The cores of a server and of its load generator never share a physical core, if they can."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measuring.machine.kernel_files import KernelFiles
from harness.measuring.servers.cores import Cores, find_siblings, split_cores


@pytest.mark.parametrize(
    ("available", "siblings", "server", "client"),
    [
        pytest.param({0, 1}, [], {0}, {1}, id="two cores, unknown topology"),
        pytest.param({0, 1}, [{0}, {1}], {0}, {1}, id="two physical cores"),
        pytest.param({0, 1}, [{0, 1}], {0}, {1}, id="one physical core, which must be divided"),
        pytest.param(range(4), [{0, 1}, {2, 3}], {0, 1}, {2, 3}, id="neighbours are siblings"),
        pytest.param(range(4), [{0, 2}, {1, 3}], {0, 2}, {1, 3}, id="siblings are far apart"),
        pytest.param({0, 1, 2}, [{0, 2}, {1, 3}], {0, 2}, {1}, id="one sibling is not allowed"),
        pytest.param(range(3), [], {0, 1}, {2}, id="three cores"),
        pytest.param(
            range(8), [{n, n + 4} for n in range(4)], {0, 1, 4, 5}, {2, 3, 6, 7}, id="four of two"
        ),
        pytest.param(range(8), [], range(4), range(4, 8), id="eight cores"),
        pytest.param({3}, [{3, 7}], (), (), id="one core"),
    ],
)
def test_cores_are_split_by_physical_cores(
    available: object, siblings: object, server: object, client: object
) -> None:
    """W11: with four logical cores, 0 and 2 of one physical core were on different sides."""
    found = split_cores(frozenset(available), list(map(frozenset, siblings)))
    assert found == Cores(frozenset(server), frozenset(client))


@given(st.sets(st.integers(0, 15), min_size=2), st.integers(1, 4))
def test_all_allowed_cores_are_used_once_and_siblings_stay_together(
    available: set[int], per_core: int
) -> None:
    siblings = [frozenset(range(n, n + per_core)) for n in range(0, 16, per_core)]
    cores = split_cores(frozenset(available), siblings)
    assert cores.server | cores.client == available
    assert not cores.server & cores.client
    assert cores.server
    assert cores.client
    if sum(bool(core & available) for core in siblings) > 1:
        assert not any(core & cores.server and core & cores.client for core in siblings)


def test_siblings_are_read_from_the_kernel(tmp_path: Path) -> None:
    for core, text in enumerate(("0,2-3\n", "1\n", "nonsense\n")):
        topology = tmp_path / f"sys/devices/system/cpu/cpu{core}/topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(text)
    assert find_siblings(KernelFiles(tmp_path)) == [{0, 2, 3}, {1}, set()]
    assert find_siblings(KernelFiles(tmp_path / "nothing")) == []
