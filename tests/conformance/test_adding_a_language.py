"""docs/adding-a-language.md: the runners in it are taken out, run, measured, and broken."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from harness.catalog import workload_file
from harness.catalog.workload import CHECK
from harness.errors import Exit
from harness.measuring.runners import protocol
from harness.measuring.runners.conversation import Conversation
from harness.measuring.runners.protocol import Finished
from harness.paths import ROOT, WORKLOADS
from harness.results import histograms, store
from tests.support.command import Invoke

pytestmark = pytest.mark.usefixtures("asked_once")

DOCUMENT = (ROOT / "docs" / "adding-a-language.md").read_text("utf-8")
NAMED = re.compile(r"^\*\*`([\w./]+)`\*\*\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {".mjs": "js", ".toml": "toml"}
FILES = {name: (language, text) for name, language, text in NAMED.findall(DOCUMENT)}
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
OUR_WORKLOADS = workload_file.load_folder(WORKLOADS)
OFFERED = [Path(name).stem for name in FILES if name.startswith("node/workloads/")]
LEAST_NODE = 18


@cache
def no_node() -> str:
    """Return why these tests cannot run here, or an empty text."""
    install = f"install Node.js {LEAST_NODE} or later, on Debian and Ubuntu: apt-get install nodejs"
    if shutil.which("node") is None:
        return f"found no node on PATH; {install}"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    is_enough = int(said.removeprefix("v").partition(".")[0]) >= LEAST_NODE
    return "" if is_enough else f"found node {said.strip()}; {install}"


@pytest.fixture
def node() -> None:
    if no_node():
        pytest.skip(no_node())


needs_node = pytest.mark.usefixtures("node")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the document, in the folder that the commands are typed in."""
    for name, (_, text) in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- the document


def test_every_block_of_code_is_a_file_with_a_name_of_its_own() -> None:
    blocks = re.findall(r"^```(js|toml)$", DOCUMENT, re.MULTILINE)
    assert len(blocks) == len(NAMED.findall(DOCUMENT)) == len(FILES)
    assert {"first/loombench.toml", "first/runner.mjs", "node/runner.mjs"} <= set(FILES)
    assert [language for language, _ in FILES.values()] == [
        LANGUAGES[Path(name).suffix] for name in FILES
    ]


def test_the_manifest_names_every_module_of_the_runner() -> None:
    manifest = tomllib.loads(FILES["node/loombench.toml"][1])["runners"]["node"]
    named = {*manifest["command"], *manifest["files"]}
    modules = {Path(name).name for name in FILES if re.fullmatch(r"node/\w+\.mjs", name)}
    assert named == {"node"} | modules


def test_the_document_says_which_workloads_are_not_written() -> None:
    missing = set(OUR_WORKLOADS) - {stem.partition("__")[0] for stem in OFFERED}
    (sentence,) = re.findall(r"What\s+a\s+runner\s+does\s+not\s+have\s+\((.*?)\s+here\)", DOCUMENT)
    assert set(re.findall(r"`(\w+)`", sentence)) == missing


# --- as it is typed


@needs_node
def test_what_the_document_says_to_validate_conforms(invoke: Invoke, folder: Path) -> None:
    first, whole = [words[1:] for words in COMMANDS if words[1] == "validate"]
    code, said, err = invoke(*first)
    assert (code, err) == (Exit.FINE, "")
    assert "noop node-first ok" in said
    assert "1 conform, 0 do not, 0 are not written" in said
    code, said, err = invoke(*whole)
    assert (code, err) == (Exit.FINE, "")
    for stem in OFFERED:
        workload, _, variant = stem.partition("__")
        assert f"{workload} node {f'· {variant} ' if variant else ''}ok" in said
    assert f"{len(OFFERED)} conform, 0 do not, " in said


@needs_node
def test_what_the_document_says_to_run_is_measured_and_drawn(invoke: Invoke, folder: Path) -> None:
    (words,) = [words[1:] for words in COMMANDS if words[1] == "run"]
    words[words.index("--budget") + 1] = "3s"
    code, said, _ = invoke(*words, "--out", folder / "results")
    assert code == Exit.FINE
    assert "Kitchen: best" in said
    measured = store.find(folder / "results")
    trials = list(store.read_trials(measured, []))
    assert {trial.status.value for trial in trials} == {"ok"}
    assert {trial.cell.model for trial in trials} == {"node", "asyncio"}
    assert all(trial.usage["peak_bytes"] > 0 for trial in trials if sys.platform == "linux")
    assert ">node</text>" in (measured / "figures" / "kitchen.svg").read_text("utf-8")


# --- what it says, against what ours say


def asked(workload: str, variant: str = "", **changes: object) -> bytes:
    """Return a request for the check case, changed where the runner is to refuse it."""
    known = OUR_WORKLOADS.get(workload, OUR_WORKLOADS["noop"])
    one = protocol.request_for(known, known.cases[CHECK], "node", variant, 7)
    request = json.loads(protocol.encode_request(one)) | {"workload": workload, **changes}
    return json.dumps(request).encode() + b"\n"


def answered(command: list[str], line: bytes, home: Path) -> tuple[int, list[protocol.Message]]:
    """Ask a runner, with its input kept open as a harness keeps it."""
    with subprocess.Popen(
        [*command, "run"], cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        messages = [protocol.decode_message(one) for one in process.stdout]
    return process.returncode, messages


@needs_node
@pytest.mark.parametrize("stem", [stem for stem in OFFERED if stem != "echo"])
def test_an_answer_has_the_digest_that_ours_has_and_the_rest_is_there(
    folder: Path, stem: str
) -> None:
    workload, _, variant = stem.partition("__")
    known = OUR_WORKLOADS[workload]
    request = protocol.request_for(known, known.cases[CHECK], "node", variant, 7)
    line = protocol.encode_request(request)
    code, messages = answered(["node", "runner.mjs"], line, folder / "node")
    conversation = Conversation(request.cases)
    for message in messages:
        conversation.hear(message)
    assert code == 0
    own = line.replace(b'"model":"node"', b'"model":"asyncio"')
    _, ours = answered([sys.executable, "-m", "runner"], own, ROOT / "python")
    (digest,) = {one.digest for one in ours if isinstance(one, protocol.Outcome)}
    assert [one.digest for one in conversation.outcomes[CHECK]] == [digest]
    assert all(one.cpu_ns is not None for one in conversation.samples[CHECK])
    assert (CHECK in conversation.latencies) == (known.shape == "latency")
    if sys.platform == "linux":
        assert isinstance(messages[-1], Finished)
        assert messages[-1].usage["peak_bytes"] > 0


def evaluated(home: Path, script: str, value: object) -> object:
    """Return what a script makes of a value, both as JSON."""
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script, json.dumps(value)],
        cwd=home, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@needs_node
def test_canonical_json_is_that_of_the_harness(folder: Path) -> None:
    script = """import { canonical, digest } from './answer.mjs';
        const values = JSON.parse(process.argv[1]);
        console.log(JSON.stringify(values.map((one) => digest(canonical(one)))));"""
    values = [
        0, -5, 2**53 - 1, "", 'a"b\\c/', "\b\t\n\f\r\x00\x1f\x7f\x80\u20ac\U0001f600", [], {},
        {"b": [1, {"z": 1, "a": "\u00e9"}], "a": [], "10": 1, "9": 2},
        {"\U0001f600": 1, "\ufffd": 2, "\ue000": 3, "a": 4},
    ]  # fmt: skip
    assert evaluated(folder / "node", script, values) == [protocol.digest(one) for one in values]
    large = 2_666_664_666_667_000_000
    script = """import { canonical } from './answer.mjs';
        console.log(JSON.stringify(canonical(BigInt(process.argv[1]))));"""
    assert evaluated(folder / "node", script, large) == str(large)


@needs_node
def test_a_histogram_has_every_wait_where_the_harness_looks_for_it(folder: Path) -> None:
    script = """import { histogram } from './waits.mjs';
        console.log(JSON.stringify(histogram(JSON.parse(process.argv[1]))));"""
    edges = [2**power + more for power in range(1, 37) for more in (-1, 0, 1)]
    told = [*edges, *[123_456] * 5_000, 120_000_000_000, 0]
    text = evaluated(folder / "node", script, [*told, 200_000_000_000])
    assert isinstance(text, str)
    assert histograms.fault([text]) == ""
    found, expected = histograms.decoded(text), histograms.added([])
    for wait in [*told, 120_000_000_000]:
        expected.record_value(wait)
    assert found.get_total_count() == expected.get_total_count() == len(told) + 1
    assert {wait: found.get_count_at_value(wait) for wait in told} == {
        wait: expected.get_count_at_value(wait) for wait in told
    }
    assert histograms.curve(found) == histograms.curve(expected)


# --- when something is wrong


@needs_node
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (asked("nop"), 'workload: found "nop", expected one of ["echo",'),
        (asked("noop", model="deno"), 'model: found "deno", expected one of ["node"]'),
        (asked("pingpong", "events"), 'variant: found "events", expected one of ["","futures"]'),
        (asked("noop", protocol=2), "found protocol 2, expected 1"),
        (asked("noop", cases=[]), "cases: expected at least one"),
        (b"hello\n", "not JSON: "),
        (b"null\n", "found protocol undefined, expected 1"),
    ],
)
def test_what_the_runner_cannot_answer_it_refuses(folder: Path, line: bytes, said: str) -> None:
    code, messages = answered(["node", "runner.mjs"], line, folder / "node")
    (message,) = messages
    assert isinstance(message, protocol.Failed)
    assert (code, message.case, message.reason) == (2, None, "unsupported")
    assert said in message.message


UNSUPPORTED = "throw Object.assign(new Error('not on this machine'), { code: 'ENOTSUP' });"
CHILD = """const { execFileSync } = await import('node:child_process');
    execFileSync('sh', ['-c', 'cat; echo a stray line'], { stdio: 'inherit' });"""


@needs_node
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("console.log('{}'); return 0;", "noop node ok"),
        (f"{CHILD} return 0;", "noop node ok"),
        ("return 1;", "wrong answer found 1, expected 0"),
        ("return '0';", 'wrong answer found "0", expected 0'),
        ("return 0.5;", "crash TypeError: answer: found 0.5, expected integers"),
        ("", "crash TypeError: answer: found undefined, expected integers"),
        ("throw new RangeError('no');", "crash RangeError: no"),
        (UNSUPPORTED, "unsupported Error: not on this machine"),
        ("process.exit(0);", "crash ended with exit code 0 before it had finished"),
        ("Promise.reject(new Error('lost')); return new Promise(() => {});", "exit code 1 before"),
        ("not a program", "crash SyntaxError: "),
    ],
)
def test_what_an_implementation_does_wrong_is_told(
    invoke: Invoke, folder: Path, body: str, said: str
) -> None:
    source = f"export async function run() {{ {body} }}\n"
    (folder / "node/workloads/noop.mjs").write_text(source, encoding="utf-8")
    code, out, _ = invoke("validate", "--runner", "node", "noop", "--model", "node")
    assert code == (Exit.FINE if said.endswith("ok") else Exit.DOES_NOT_HOLD)
    assert said in out


IN_ORDER = """const served = [];
  for (const units of DISHES) served.push(await cook(units));"""
MOVED_ASIDE = "this.#output = moveAside(1, constants.O_WRONLY | constants.O_APPEND, '/dev/fd/2');"


@needs_node
@pytest.mark.parametrize(
    ("workload", "changes", "said"),
    [
        (
            "kitchen",
            [
                (
                    "workloads/kitchen.mjs",
                    "const served = await Promise.all(DISHES.map(cook));",
                    IN_ORDER,
                )
            ],
            "in_flight: found 1, expected 3",
        ),
        (
            "kitchen",
            [
                ("workloads/kitchen.mjs", "await sleep(Math.ceil(units * unit));", "await null;"),
                ("workloads/kitchen.mjs", "lasted >= units * unit - EARLY_MS", "true"),
            ],
            "done after ..., though its waits alone last 100 ms",
        ),
        (
            "noop",
            [
                ("harness.mjs", MOVED_ASIDE, "this.#output = 1;"),
                ("workloads/noop.mjs", "return 0;", "console.log('hello'); return 0;"),
            ],
            "broke the protocol: ...; the line: 'hello'",
        ),
        (
            "noop",
            [
                (
                    "workloads/noop.mjs",
                    "return 0;",
                    "return new Promise(() => setImmediate(() => nobody()));",
                )
            ],
            "ended with exit code 1 before it had finished",
        ),
        (
            "noop",
            [("runner.mjs", "const PROTOCOL = 1;", "const PROTOCOL = 2;")],
            "the runner speaks protocol 2, this harness speaks 1",
        ),
    ],
    ids=["in-order", "no-wait", "stray-line", "uncaught", "version"],
)
def test_what_the_document_says_of_mistakes_is_what_is_said(
    invoke: Invoke, folder: Path, workload: str, changes: list[tuple[str, str, str]], said: str
) -> None:
    assert f"| `{said}` |" in DOCUMENT
    for name, old, new in changes:
        path = folder / "node" / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
    code, out, err = invoke("validate", "--runner", "node", workload, "--model", "node")
    assert code != Exit.FINE
    pattern = re.escape(said).replace(re.escape("..."), ".*")
    assert re.search(pattern, out + err)


@needs_node
def test_a_server_ends_with_the_harness(folder: Path) -> None:
    with subprocess.Popen(
        ["node", "runner.mjs", "run"], cwd=folder / "node", stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(asked("echo"))
        process.stdin.flush()
        started, listening = (protocol.decode_message(process.stdout.readline()) for _ in range(2))
        assert isinstance(started, protocol.Started)
        assert isinstance(listening, protocol.Listening)
        process.stdin.close()
        said = process.stderr.read().decode()
    assert process.returncode == 1
    assert "the harness is gone" in said
