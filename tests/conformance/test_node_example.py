"""docs/examples/node: it conforms, is measured, and reports mistakes as its document shows."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK
from harness.errors import Exit
from harness.measuring.runners import protocol
from harness.measuring.runners.protocol import Finished
from harness.measuring.runners.transcript import Transcript
from harness.paths import ROOT, WORKLOADS
from harness.results import histograms, store
from tests.support.command import Invoke


def has_node() -> bool:
    """Return whether Node.js 18 or later is on PATH."""
    if shutil.which("node") is None:
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.removeprefix("v").partition(".")[0]) >= 18


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    if not has_node():
        pytest.skip(
            "found no Node.js 18 or later on PATH; on Debian and Ubuntu: apt-get install nodejs"
        )


pytestmark = pytest.mark.usefixtures("asked_once")

FOLDER = ROOT / "docs" / "examples" / "node"
RUNNER = ["node", "runner.mjs"]
DOCUMENT = (ROOT / "docs" / "adding-a-language.md").read_text("utf-8")
VALIDATE_FIRST, VALIDATE, RUN = [
    shlex.split(line)[1:]
    for block in re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
KNOWN = workload_file.load_folder(WORKLOADS)
OFFERED = sorted(path.stem for path in FOLDER.glob("workloads/*.mjs"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the runner to change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "node"))


def validate(invoke: Invoke, folder: Path, workload: str) -> tuple[int, str]:
    code, out, err = invoke("validate", "--runner", folder, workload, "--model", "node")
    return code, out + err


def test_both_runners_conform(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code, said, err = invoke(*VALIDATE_FIRST)
    assert (code, err) == (Exit.SUCCESS, "")
    assert "noop node-first ok" in said
    assert "1 conform, 0 do not, 0 are not written" in said
    for _ in range(3):  # on a busy machine, a JIT compiler that warms up can look like skipped work
        code, said, err = invoke(*VALIDATE)
        if code == Exit.SUCCESS:
            break
    assert (code, err) == (Exit.SUCCESS, "")
    for stem in OFFERED:
        workload, _, variant = stem.partition("__")
        assert f"{workload} node {f'· {variant} ' if variant else ''}ok" in said
    assert f"{len(OFFERED)} conform, 0 do not, " in said


def test_the_runner_is_measured_and_drawn(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    words = list(RUN)
    words[words.index("--budget") + 1] = "1s"
    code, said, _ = invoke(*words, "--out", tmp_path)
    assert code == Exit.SUCCESS
    assert "Kitchen: " in said
    measured = store.find_run(tmp_path)
    trials = list(store.read_trials(measured, []))
    # On a busy machine, not all dishes wait at once.
    assert {trial.status.value for trial in trials} - {"unsettled"} == {"ok"}
    assert {trial.cell.model for trial in trials} == {"node", "asyncio"}
    assert all(trial.usage["peak_bytes"] > 0 for trial in trials if sys.platform == "linux")
    assert ">node</text>" in (measured / "figures" / "kitchen.svg").read_text("utf-8")


# --- what the runner sends, compared with ours


def request(workload: str, variant: str = "", model: str = "node", **changes: object) -> bytes:
    """Return a request for the check case, changed where the runner is to refuse it."""
    known = KNOWN.get(workload, KNOWN["noop"])
    contestant = Contestant(workload, "node", variant)
    asked = protocol.create_request(contestant, [known.resolve(CHECK, "node")], 7)
    fields = json.loads(protocol.encode_request(asked))
    fields |= {"workload": workload, "model": model, **changes}
    return json.dumps(fields).encode() + b"\n"


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*command, "run"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def answered(command: list[str], line: bytes, folder: Path) -> tuple[int, list[protocol.Message]]:
    """Send a request to a runner. Its input stays open until it has ended."""
    with start(command, folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        messages = [protocol.decode_message(line) for line in process.stdout]
    return process.returncode, messages


@pytest.mark.parametrize(
    "stem", [one for one in OFFERED if KNOWN[one.partition("__")[0]].shape != "server"]
)
def test_a_trial_is_complete_and_has_the_digest_of_our_python(stem: str) -> None:
    workload, _, variant = stem.partition("__")
    known = KNOWN[workload]
    code, messages = answered(RUNNER, request(workload, variant), FOLDER)
    check = known.resolve(CHECK, "node")
    asked = protocol.create_request(Contestant(workload, "node"), [check], 7)
    conversation = Transcript(asked.cases)
    for message in messages:
        conversation.receive(message)
    assert code == 0
    own = request(workload, variant, model="asyncio")
    _, ours = answered([sys.executable, "-m", "runner"], own, ROOT / "python")
    (digest,) = {message.digest for message in ours if isinstance(message, protocol.Outcome)}
    assert [outcome.digest for outcome in conversation.outcomes[CHECK]] == [digest]
    assert all(sample.cpu_ns is not None for sample in conversation.samples[CHECK])
    assert (CHECK in conversation.latencies) == (known.shape == "latency")
    if sys.platform == "linux":
        assert isinstance(messages[-1], Finished)
        assert messages[-1].usage["peak_bytes"] > 0


@pytest.mark.parametrize("on", ["loop", "thread", "process"])
@pytest.mark.parametrize(("beside", "amount"), [("cpu", 1_000_000), ("block", 1), ("read", 1_024)])
def test_work_beside_a_heartbeat_is_done_wherever_it_runs(
    on: str, beside: str, amount: int
) -> None:
    case = {
        "id": "check", "params": {"ticks": 5, "beside": beside, "on": on, "amount": amount},
        "operations": 5, "warmup": 0, "iterations": 1, "min_sample_ns": 0,
    }  # fmt: skip
    code, messages = answered(RUNNER, request("heartbeat", cases=[case]), FOLDER)
    assert code == 0
    (outcome,) = (one for one in messages if isinstance(one, protocol.Outcome))
    assert outcome.value == "6"
    (sample,) = (one for one in messages if isinstance(one, protocol.SampleTaken))
    assert (sample.cpu_ns is None) == (on == "process")  # the child's is not known


def evaluate(script: str, value: object) -> object:
    """Run a script of Node on a value; both are JSON."""
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script, json.dumps(value)],
        cwd=FOLDER, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_canonical_json_is_that_of_the_harness() -> None:
    script = """import { canonical, digest } from './answer.mjs';
        const values = JSON.parse(process.argv[1]);
        console.log(JSON.stringify(values.map((value) => digest(canonical(value)))));"""
    values = [
        0, -5, 2**53 - 1, "", 'a"b\\c/', "\b\t\n\f\r\x00\x1f\x7f\x80\u20ac\U0001f600", [], {},
        {"b": [1, {"z": 1, "a": "\u00e9"}], "a": [], "10": 1, "9": 2},
        {"\U0001f600": 1, "\ufffd": 2, "\ue000": 3, "a": 4},
    ]  # fmt: skip
    assert evaluate(script, values) == [protocol.digest(value) for value in values]
    large = 2_666_664_666_667_000_000
    script = """import { canonical } from './answer.mjs';
        console.log(JSON.stringify(canonical(BigInt(process.argv[1]))));"""
    assert evaluate(script, large) == str(large)


def test_a_histogram_counts_every_latency_in_the_bucket_of_the_harness() -> None:
    script = """import { histogram } from './histogram.mjs';
        console.log(JSON.stringify(histogram(JSON.parse(process.argv[1]))));"""
    edges = [2**power + offset for power in range(1, 37) for offset in (-1, 0, 1)]
    latencies = [*edges, *[123_456] * 5_000, 120_000_000_000, 0]
    text = evaluate(script, [*latencies, 200_000_000_000])
    assert isinstance(text, str)
    assert histograms.find_decode_error([text]) == ""
    found, expected = histograms.decode(text), histograms.merge([])
    for latency in [*latencies, 120_000_000_000]:
        expected.record_value(latency)
    assert found.get_total_count() == expected.get_total_count() == len(latencies) + 1
    for latency in latencies:
        assert found.get_count_at_value(latency) == expected.get_count_at_value(latency)
    assert histograms.percentile_curve(found) == histograms.percentile_curve(expected)


def test_each_sample_of_a_request_with_turns_waits_for_its_turn() -> None:
    lines = request("noop", turns=True, run_up_ns=1_000) + b'{"kind": "turn"}\n' * 2
    code, messages = answered(RUNNER, lines + b'{"kind": "end"}\n', FOLDER)
    assert code == 0
    (ready,) = (n for n, message in enumerate(messages) if isinstance(message, protocol.Ready))
    counted = [n for n, one in enumerate(messages) if isinstance(one, protocol.SampleTaken)]
    assert [n for n in counted if not messages[n].warmup] == [ready + 1, ready + 2]
    assert isinstance(messages[-1], protocol.Finished)


# --- mistakes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (request("nop"), 'workload: found "nop", expected one of ["drain",'),
        (request("noop", model="deno"), 'model: found "deno", expected one of ["node"]'),
        (request("pingpong", "events"), 'variant: found "events", expected one of ["","futures"]'),
        (request("noop", protocol=1), "found protocol 1, expected 2"),
        (request("noop", cases=[]), "cases: expected at least one"),
        (b"hello\n", "not JSON: "),
        (b"null\n", "found protocol undefined, expected 2"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(line: bytes, message: str) -> None:
    code, (refusal,) = answered(RUNNER, line, FOLDER)
    assert isinstance(refusal, protocol.Failed)
    assert (code, refusal.case, refusal.reason) == (2, None, "unsupported")
    assert message in refusal.message


UNSUPPORTED = "throw Object.assign(new Error('not on this machine'), { code: 'ENOTSUP' });"
CHILD = """const { execFileSync } = await import('node:child_process');
    execFileSync('sh', ['-c', 'cat; echo a stray line'], { stdio: 'inherit' });"""


@pytest.mark.parametrize(
    ("body", "message"),
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
def test_a_mistake_in_an_implementation_is_reported(
    invoke: Invoke, copy: Path, body: str, message: str
) -> None:
    source = f"export async function run() {{ {body} }}\n"
    (copy / "workloads/noop.mjs").write_text(source, encoding="utf-8")
    code, said = validate(invoke, copy, "noop")
    expected = {"noop": Exit.SUCCESS, "unsupported": Exit.NOT_POSSIBLE}
    assert code == expected.get(message.split(maxsplit=1)[0], Exit.FAILED)
    assert message in said


AT_ONCE = "await Promise.all(DISHES.map(cook));"
IN_SEQUENCE = "[]; for (const dish of DISHES) served.push(await cook(dish));"
SUM = "const sum = await ask(worker, bounds);\n      total += sum;"
RACE = {SUM: "total += await ask(worker, bounds);", "os.availableParallelism?.()": "2"}
MOVED_ASIDE = "moveAside(1, constants.O_WRONLY | constants.O_APPEND, '/dev/fd/2');"
THROWS_LATER = "return new Promise(() => setImmediate(() => undefined.length));"
DOCUMENTED = {  # message -> file, changes to it
    "found ..., expected 332833500": ("workloads/sumsquares__threads.mjs", RACE),
    "in_flight: found 1, expected at least 3": ("workloads/kitchen.mjs", {AT_ONCE: IN_SEQUENCE}),
    "done after ..., but its waits alone take 100 ms": (
        "workloads/kitchen.mjs",
        {"await sleep(Math.ceil(units * unit));": "return units;"},
    ),
    "broke the protocol: ...; the line: 'hello'": (
        "connection.mjs",
        {MOVED_ASIDE: "1; console.log('hello');"},
    ),
    "ended with exit code 1 before it had finished": (
        "workloads/noop.mjs",
        {"return 0;": THROWS_LATER},
    ),
    "the runner speaks protocol 3, this harness speaks 1 and 2": (
        "runner.mjs",
        {"const PROTOCOL = 2;": "const PROTOCOL = 3;"},
    ),
}


@pytest.mark.parametrize("message", DOCUMENTED)
def test_a_mistake_of_the_document_is_reported_as_it_shows(
    invoke: Invoke, copy: Path, message: str
) -> None:
    pattern = re.escape(message).replace(re.escape("..."), ".*")
    assert re.search(rf"^\| `{pattern}` \|", DOCUMENT, re.MULTILINE)
    name, changes = DOCUMENTED[message]
    text = (copy / name).read_text("utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (copy / name).write_text(text, encoding="utf-8")
    workload = Path(name).stem.partition("__")[0] if "workloads/" in name else "noop"
    code, said = validate(invoke, copy, workload)
    assert code != Exit.SUCCESS
    assert re.search(pattern, said)


def test_a_server_ends_with_the_harness() -> None:
    with start(RUNNER, FOLDER) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(request("echo"))
        process.stdin.flush()
        started, listening = (protocol.decode_message(process.stdout.readline()) for _ in range(2))
        assert isinstance(started, protocol.Started)
        assert isinstance(listening, protocol.Listening)
        process.stdin.close()
        said = process.stderr.read().decode()
    assert process.returncode == 1
    assert "the harness is gone" in said
