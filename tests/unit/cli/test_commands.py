"""The table of commands: each is where the table says, and only its module is imported."""

from __future__ import annotations

import subprocess
import sys

import click

from harness import cli


def test_the_table_has_every_command_of_every_module() -> None:
    assert isinstance(cli.cli, click.Group)
    listed = list(cli.cli.commands.values())
    offered = {one for name in set(cli._MODULES.values()) for one in _commands(name)}
    assert set(listed) == offered
    assert len(listed) == len(offered)


def test_the_version_is_shown_without_importing_what_measures_and_draws() -> None:
    code = "import sys; from harness.cli import main; main(['--version']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert done.startswith("loombench, version")
    assert not {"numpy", "matplotlib", "harness.measuring"} & set(done.split())


def _commands(module: str) -> tuple[click.Command, ...]:
    found = sys.modules[f"harness.cli.{module}"].COMMANDS
    assert isinstance(found, tuple)
    return found
