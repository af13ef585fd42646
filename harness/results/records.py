"""Records that measuring writes and analysis reads: frozen, versioned, without I/O.

Names contain units. Unknown values are None, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant

SCHEMA_VERSION = 2
CLIENT_LIMITED = "client limited"  # how a warning begins if the load generator was the limit
# A file with other numbers is damaged. What a runner says of itself may be any number.
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
# Libraries whose versions are shown: they are models.
_LIBRARIES = ("uvloop", "trio", "anyio", "gevent")


class _LabelledEnum(StrEnum):
    """An enumeration whose values are stored (`wrong_answer`) and whose labels are shown."""

    @property
    def label(self) -> str:
        """The name to show: `wrong answer`."""
        return self.value.replace("_", " ")


class Status(_LabelledEnum):
    """How a trial ended. Only trials with status `ok` enter estimates."""

    OK = "ok"
    TIMEOUT = "timeout"
    CRASH = "crash"
    OUT_OF_MEMORY = "out_of_memory"
    WRONG_ANSWER = "wrong_answer"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"  # a number in it cannot be true
    UNSETTLED = "unsettled"  # the machine's scheduling kept it from doing what the rules say


class Absence(_LabelledEnum):
    """Why a cell is not measured."""

    NOT_APPLICABLE = "not_applicable"  # the workload file gives the reason
    LIMITED = "limited"  # beyond the largest case that the workload file allows the model
    UNAVAILABLE = "unavailable"  # this machine lacks something that the model needs
    MISSING = "missing"  # there is no implementation


class Cell(msgspec.Struct, frozen=True, omit_defaults=True, order=True):
    """The unit of measurement: one contestant in one case of its workload."""

    contestant: Contestant
    case: str
    control: bool = False  # the A/A control: the same contestant measured a second time

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
        """The display name of the contestant; the control is marked."""
        return f"{self.contestant.name} (again)" if self.control else self.contestant.name


class AbsentCell(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cell that is not measured, with the reason."""

    cell: Cell
    absence: Absence
    reason: str


class Sample(msgspec.Struct, frozen=True, omit_defaults=True):
    """One timed iteration of a trial."""

    elapsed_ns: Count
    operations: Positive
    warmup: bool = False
    cpu_ns: int | None = None  # the process and its living children; of a server, by its load


class Parked(msgspec.Struct, frozen=True, omit_defaults=True):
    """Memory of a process and its descendants while `tasks` tasks were alive and waiting."""

    tasks: Count
    bytes: Count  # resident; shared pages are divided among the processes (PSS)
    virtual_bytes: int | None = None
    kernel_bytes: int | None = None  # page tables and kernel stacks

    @property
    def total_bytes(self) -> int:
        """What the tasks hold, in the processes and in the kernel as far as it is known."""
        return self.bytes + (self.kernel_bytes or 0)


class Phase(msgspec.Struct, frozen=True, omit_defaults=True):
    """One phase of load on a server, with its results; see go/load/doc.go."""

    loop: str  # closed | open | ladder | drain
    elapsed_ns: Count
    requests: Count  # with a correct response
    rate_per_s: Count = 0  # target rate; 0: closed loop, as fast as responses arrive
    warmup: bool = False
    saturated: bool = False  # the server could not keep up with the rate
    errors: dict[str, Count] = {}
    reconnects: Count = 0
    unfinished: Count = 0  # requests with a correct response after the end of the phase
    # Latencies from sending; at a fixed rate from the intended time where the server still owed a
    # response then. HdrHistogram V2.
    hdr: str = ""
    service_hdr: str = ""  # latencies of the same requests from sending
    late_hdr: str = ""  # how late the load generator sent on free connections
    cpu_ns: int | None = None  # of the load generator
    server_cpu_ns: int | None = None  # of the server's processes

    @property
    def stored(self) -> Phase:
        """What is kept of a phase: without latencies of a closed loop, which hides stalls.

        No result is computed from them, and they would be the largest part of a run.
        """
        return msgspec.structs.replace(self, hdr="") if self.loop == "closed" else self

    @property
    def cpu_of_requests_ns(self) -> int | None:
        """The server's CPU time for `requests`, without the share of `unfinished`."""
        answered = self.requests + self.unfinished
        if self.server_cpu_ns is None or not answered:
            return None
        return round(self.server_cpu_ns * self.requests / answered)


class Growth(msgspec.Struct, frozen=True, omit_defaults=True):
    """Times of a call with all the work of a case and, in the same process, with less of it."""

    work: float  # how many times as much work the case has
    smaller_ns: float
    call_ns: float
    smaller_cpu_ns: float | None = None
    call_cpu_ns: float | None = None
    # All the work / less of it, each two measured one after the other; empty in older runs.
    ratios: tuple[float, ...] = ()
    cpu_ratios: tuple[float, ...] = ()


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fresh child process that ran one implementation of one case."""

    cell: Cell
    block: Count
    position: Count  # in the block, from 0
    status: Status
    started_at: str  # UTC, ISO 8601
    wall_ns: Count  # from spawning the child until it was reaped; measured by the harness
    message: str = ""  # the error message, for people
    samples: tuple[Sample, ...] = ()
    digest: str | None = None
    observed: dict[str, int] = {}
    facts: dict[str, str | int | bool] = {}
    usage: dict[str, int] = {}  # as reported by the runner
    cpu_ns: int | None = None  # from wait4: the child and all descendants that were waited for
    growth: Growth | None = None  # in the first blocks of a case whose work must cost time
    # HdrHistogram V2, compressed, base64: late and early by size; of a server, at the fixed rate.
    latency: str = ""
    early: str = ""  # how early the early ones were; they are in `latency` too
    lateness: str = ""  # of the load generator at the fixed rate; likewise
    parked: tuple[Parked, ...] = ()
    phases: tuple[Phase, ...] = ()  # only for servers
    load: dict[str, str | int | bool] = {}  # facts about the load generator: cores, runtime
    exit_ns: int | None = None  # shutdown time of a server, from SIGTERM
    stderr_end: str = ""
    warnings: tuple[str, ...] = ()
    disturbed: tuple[str, ...] = ()  # what took CPU time meanwhile: steal, throttling
    # How many turns it took in its block; 0: it was measured alone. Sample k after warm-up was then
    # taken in the same round by all contestants of the block.
    rounds: Count = 0
    first_round: Count = (
        0  # of the block, in which it took part: above 0 if memory did not allow all
    )
    # Its rounds, from 0, during which steal or throttling was seen. Those in which a sample got
    # less CPU time than usual are not stored: harness/analysis/disturbance.py finds them.
    disturbed_rounds: tuple[int, ...] = ()
    # Duration of the speed probe, run before the first trial of a block.
    probe_ns: int | None = None
    probe_cpu_ns: int | None = None
    host: str = ""  # Host.id, in a run on a fleet


class Machine(msgspec.Struct, frozen=True, omit_defaults=True):
    """The machine that a run was measured on."""

    host: str
    system: str
    cpu: str
    logical_cores: Positive
    memory_bytes: Count
    load_1min: float | None = None
    virtualisation: str | None = None
    allowed_cores: tuple[int, ...] = ()  # that the harness may run on; empty: unknown
    cpu_quota: float | None = None  # of the cgroup, in cores; None: unknown or none

    @property
    def identity(self) -> dict[str, str]:
        """What must be the same in runs that continue or are compared with each other.

        Unknown properties, such as those that an older run did not store, are left out.
        """
        known = {
            "host": self.host,
            "system": self.system,
            "cpu": self.cpu,
            "logical_cores": str(self.logical_cores),
            "memory_bytes": str(self.memory_bytes),
        }
        if self.allowed_cores:
            known["allowed_cores"] = ",".join(map(str, self.allowed_cores))
            known["cpu_quota"] = "none" if self.cpu_quota is None else f"{self.cpu_quota:g}"
        return known

    @property
    def summary(self) -> str:
        """The machine in one line, without the host name."""
        virtual = f", virtual ({self.virtualisation})" if self.virtualisation else ""
        fewer = 0 < len(self.allowed_cores) < self.logical_cores
        allowed = f" of which {len(self.allowed_cores)} allowed" if fewer else ""
        quota = f" with a quota of {self.cpu_quota:g}" if self.cpu_quota else ""
        return (
            f"{self.cpu}, {self.logical_cores} cores{allowed}{quota},"
            f" {units.format_size(self.memory_bytes)}, {self.system}{virtual}"
        )


class RunnerFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A runner that took part, as it described itself."""

    name: str
    language: str
    version: str
    models: tuple[str, ...]
    facts: dict[str, str | int | bool] = {}
    runtime: str = DEFAULT_RUNTIME

    @property
    def key(self) -> str:
        """The name, with the runtime unless it is the default: runners of two share a name."""
        return self.name if self.runtime == DEFAULT_RUNTIME else f"{self.name} @ {self.runtime}"

    @property
    def summary(self) -> str:
        """The runner's version in one line, with the versions of the libraries that it measures."""
        known = [f"{key} {self.facts[key]}" for key in _LIBRARIES if key in self.facts]
        if "start_method" in self.facts:
            known.append(f"processes by {self.facts['start_method']}")
        if self.name != self.language:  # the version is that of the language
            known.insert(0, f"runner {self.name}")
        detail = f" ({', '.join(known)})" if known else ""
        of_runtime = self.key.removeprefix(self.name)
        language = units.language_name(self.language)
        return f"{language} {self.version.removeprefix('go')}{of_runtime}{detail}"


class Host(msgspec.Struct, frozen=True, omit_defaults=True):
    """A machine of a fleet that measures blocks of a run."""

    id: str  # its name; two of one name are numbered
    machine: Machine
    runners: tuple[RunnerFacts, ...]
    builds: dict[str, str] = {}  # "python", "go": version and how it was built; "go/...": SHA-256
    missing: dict[str, str] = {}  # model -> why it cannot run there

    @property
    def kind(self) -> tuple[tuple[str, str], ...]:
        """What equal hosts have in common: the processor, the kernel and the toolchain builds."""
        machine = self.machine
        return (
            ("processor", f"{machine.cpu}, {machine.logical_cores} cores"),
            ("allowed cores", str(len(machine.allowed_cores) or machine.logical_cores)),
            ("quota", "none" if machine.cpu_quota is None else f"{machine.cpu_quota:g}"),
            ("kernel", machine.system),
            ("virtualisation", machine.virtualisation or "unknown"),
            *sorted(self.builds.items()),
            *(
                (f"{runner.key}: {fact}", str(value))
                for runner in self.runners
                for fact, value in (("version", runner.version), *sorted(runner.facts.items()))
            ),
        )


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contents of `run.json`: everything decided before the first trial."""

    schema_version: int
    id: str
    started_at: str
    seed: int
    profile: str
    budget_s: float
    machine: Machine
    runners: tuple[RunnerFacts, ...]
    workloads: dict[str, str]  # id -> text of the workload file
    cells: tuple[Cell, ...]
    absent: tuple[AbsentCell, ...] = ()
    precision: float = 0.03  # stop once all headline ratios have this half-width or less
    blocks: int = 0  # of each headline case, that the user asked for; 0: as the profile says
    sources: dict[str, str] = {}  # path -> SHA-256 of each file of the implementations
    implementations: dict[str, str] = {}  # Contestant.key -> path, a key of `sources`
    alone: bool = False  # every trial is measured alone, without turns
    runner_files: tuple[str, ...] = ()  # absolute path of each loombench.toml given by --runner
    env: dict[str, str] = {}  # variables that the user passed to all children, by --env
    runtimes: dict[str, str] = {}  # label -> what the user gave by --runtime
    revision: str = ""  # the commit that the working tree is measured against, by `ab`
    merged: tuple[str, ...] = ()  # the ids of the runs that it was merged from
    hosts: tuple[Host, ...] = ()  # of a fleet; `machine` and `runners` are those of its lead host

    @property
    def origins(self) -> tuple[str, ...]:
        """The ids of the runs whose trials it has."""
        return self.merged or (self.id,)


@dataclass(frozen=True)
class Diagnosis:
    """One property of the machine, with advice if it disturbs measuring.

    `doctor` creates these and `tables` prints them, so they belong to the shared records.
    """

    name: str
    value: str
    advice: str = ""
