"""The guard on collecting tests notices what a module of tests does when it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.paths import ROOT

MODULES = {
    "nothing": "import os\nprint(os.sep)",
    "starting": "import subprocess\nsubprocess.run(['true'])",
    "forking": "import os\nos.fork() or os._exit(0)",
    "reading": "open('trials.jsonl')",
}


def test_a_module_that_starts_a_process_or_reads_a_run_cannot_be_collected(tmp_path: Path) -> None:
    for name, text in MODULES.items():
        (tmp_path / f"test_{name}.py").write_text(
            f"{text}\n\n\ndef test_it() -> None:\n    pass\n", encoding="utf-8"
        )
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "tests.support.collecting"]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", "-p", "no:cacheprovider", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "collecting tests must start no process; found subprocess.Popen('true',)" in done.stdout
    assert "collecting tests must start no process; found os.fork()" in done.stdout
    assert "collecting tests must read no stored run; found 'trials.jsonl'" in done.stdout
    assert "1 test collected, 3 errors" in done.stdout
