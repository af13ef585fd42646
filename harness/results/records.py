"""The data that measuring writes and analysing reads: frozen, versioned, no I/O.

Units are in the names. A field that may be unknown is None, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant

SCHEMA_VERSION = 2
_LIBRARIES = ("uvloop", "trio", "anyio")  # of those that a runner names, what models are


class _Spoken(StrEnum):
    """What has a name for files, `wrong_answer`, and one for people."""

    @property
    def words(self) -> str:
        """The name as people read it: `wrong answer`."""
        return self.value.replace("_", " ")


class Status(_Spoken):
    """How a trial ended. Everything but `ok` is a result of its own, and enters no estimate."""

    OK = "ok"
    TIMEOUT = "timeout"
    CRASH = "crash"
    OUT_OF_MEMORY = "out_of_memory"
    WRONG_ANSWER = "wrong_answer"
    UNSUPPORTED = "unsupported"


class Absence(_Spoken):
    """Why a cell is not measured at all."""

    NOT_APPLICABLE = "not_applicable"  # the workload file says why it makes no sense here
    LIMITED = "limited"  # the workload file says where this model stops
    UNAVAILABLE = "unavailable"  # this machine lacks what the model needs
    MISSING = "missing"  # nobody has written it


class Cell(msgspec.Struct, frozen=True, omit_defaults=True, order=True):
    """What is measured: one contestant in one case of its workload."""

    contestant: Contestant
    case: str
    control: bool = False  # the A/A control: the same contestant entered a second time

    @property
    def workload(self) -> str:
        """The id of the workload."""
        return self.contestant.workload

    @property
    def model(self) -> str:
        """The model of the contestant."""
        return self.contestant.model

    @property
    def name(self) -> str:
        """The contestant as people read it; the control is marked."""
        return f"{self.contestant.name} (again)" if self.control else self.contestant.name


class AbsentCell(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cell that is not measured, and why."""

    cell: Cell
    absence: Absence
    reason: str


class Sample(msgspec.Struct, frozen=True, omit_defaults=True):
    """One timed iteration inside a trial."""

    elapsed_ns: int
    operations: int
    warmup: bool = False
    cpu_ns: int | None = None  # of the process and its living children


class Parked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a process and those it started held while so many tasks were alive and waiting."""

    tasks: int
    bytes: int  # resident; what processes share is counted by share
    virtual_bytes: int | None = None


class Phase(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a server was asked for a while, and what came of it; see docs/load.md."""

    loop: str  # closed | open | ladder | drain
    elapsed_ns: int
    requests: int  # answered, and found right
    rate_per_s: int = 0  # asked for; 0: as fast as answers came
    warmup: bool = False
    saturated: bool = False  # the server could not keep up with the rate
    errors: dict[str, int] = {}
    reconnects: int = 0
    hdr: str = ""  # waits: from the intended moment where the rate was fixed; HdrHistogram V2
    service_hdr: str = ""  # from the moment of sending
    late_p99_ns: int = 0  # of the generator itself
    cpu_ns: int | None = None  # of the generator


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fresh child process that ran one implementation for one case."""

    cell: Cell
    block: int
    position: int  # in its block, from 0
    status: Status
    started_at: str  # UTC, ISO 8601
    wall_ns: int  # from spawning the child until it was gone, taken outside
    message: str = ""  # what went wrong, for people
    samples: tuple[Sample, ...] = ()
    digest: str | None = None
    observed: dict[str, int] = {}
    facts: dict[str, str | int | bool] = {}
    usage: dict[str, int] = {}  # as the runner counted, inside
    cpu_ns: int | None = None  # as the kernel counted, outside: the child and all it waited for
    latency: str = ""  # of its single waits: HdrHistogram V2, compressed, base64
    parked: tuple[Parked, ...] = ()
    phases: tuple[Phase, ...] = ()  # of a server
    load: dict[str, str | int | bool] = {}  # of the load generator: its cores, its runtime
    exit_ns: int | None = None  # a server's, from SIGTERM until it had returned
    stderr_end: str = ""
    warnings: tuple[str, ...] = ()
    disturbed: tuple[str, ...] = ()  # what the machine did beside it: steal, throttling, load
    # How long the speed probe took just before the first trial of a block.
    probe_ns: int | None = None
    probe_cpu_ns: int | None = None


class Machine(msgspec.Struct, frozen=True, omit_defaults=True):
    """The machine a run was made on."""

    host: str
    system: str
    cpu: str
    logical_cores: int
    memory_bytes: int
    load_1min: float | None = None
    virtualisation: str | None = None

    @property
    def shown(self) -> str:
        """The machine as people read it, without its name."""
        virtual = f", virtual ({self.virtualisation})" if self.virtualisation else ""
        return (
            f"{self.cpu}, {self.logical_cores} cores, {units.format_size(self.memory_bytes)},"
            f" {self.system}{virtual}"
        )


class RunnerFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A runner that took part, and what it said of itself."""

    name: str
    language: str
    version: str
    models: tuple[str, ...]
    facts: dict[str, str | int | bool] = {}
    runtime: str = DEFAULT_RUNTIME

    @property
    def shown(self) -> str:
        """The runner's version as people read it, with those of the libraries that it measures."""
        known = [f"{key} {self.facts[key]}" for key in _LIBRARIES if key in self.facts]
        if "start_method" in self.facts:
            known.append(f"processes by {self.facts['start_method']}")
        detail = f" ({', '.join(known)})" if known else ""
        return f"{self.name.capitalize()} {self.version.removeprefix('go')}{detail}"


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `run.json` holds: all that is decided before the first trial."""

    schema_version: int
    id: str
    started_at: str
    seed: int
    profile: str
    budget_s: float
    machine: Machine
    runners: tuple[RunnerFacts, ...]
    workloads: dict[str, str]  # id -> the text of its file, so that a run explains itself
    cells: tuple[Cell, ...]
    absent: tuple[AbsentCell, ...] = ()
    precision: float = 0.03  # half-width of the headline ratios at which measuring may stop
    sources: dict[str, str] = {}  # path -> SHA-256 of each implementation that takes part
    implementations: dict[str, str] = {}  # Contestant.key -> its file, a key of `sources`
    runner_files: tuple[str, ...] = ()  # each loombench.toml that was named, with its whole path


@dataclass(frozen=True)
class Diagnosis:
    """One thing about the machine; advice where it disturbs measuring, empty where it does not.

    `doctor` finds them, and `tables` shows them: the one thing of measuring that is shown as it is.
    """

    name: str
    value: str
    advice: str = ""
