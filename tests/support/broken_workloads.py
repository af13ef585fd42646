"""All that can be wrong in a workload file: what to replace, by what, and what is said of it."""

from __future__ import annotations

from harness.catalog.workload import MODELS
from tests.support.factories import WORKLOAD

ALL_MODELS = ", ".join(MODELS)


def block(start: str) -> str:
    """Return the table of the good file that begins with a line."""
    return WORKLOAD[WORKLOAD.index(start) :].split("\n\n")[0] + "\n"


# name -> (a stretch of the good file, what it becomes, how the message goes on after the file)
BROKEN = {
    "title absent": ('title = "Demo"\n', "", "title: found nothing, expected a text"),
    "title empty": ('"Demo"', '""', 'title: found "", expected a text'),
    "title a number": ('"Demo"', "3", "title: found 3, expected a text"),
    "question absent": (
        'question = "What does a demo cost?"\n',
        "",
        "question: found nothing, expected a text",
    ),
    "shape unknown": ('"makespan"', '"round"', 'shape: found "round", expected one of makespan, '),
    "rules no list": ('["Wait.", "Answer."]', '"Wait."', 'rules: found "Wait.", expected a list'),
    "rules no texts": ('["Wait.", ', "[1, ", 'rules: found [1, "Answer."], expected a list of'),
    "floor no truth": ('title = "', 'floor = 1\ntitle = "', "floor: found 1, expected true or fal"),
    "key unknown": ('title = "', 'tilte = "x"\ntitle = "', "tilte: unknown key, expected 'title'"),
    "table unknown": ("[work]", "[wrok]\n[work]", "wrok: unknown key, expected 'work'"),
    "counter named as a measured value": (
        "[observed.in_flight]",
        "[observed.cpu_ns]",
        'observed: found "cpu_ns", expected a counter with a name of its own',
    ),
    "growth with waits": (
        "[work]\n",
        '[work]\ngrows_with = "tasks"\n',
        'work.grows_with: found "tasks", expected it only for the shapes',
    ),
    "growth with nothing known": (
        "[work]\n",
        '[work]\ngrows_with = "jobs"\n',
        'work.grows_with: found "jobs", expected one of tasks, wait_ns',
    ),
    "param no table": (
        "[params.tasks]",
        "[params]\njobs = 3\n[params.tasks]",
        "params.jobs: found 3, expected a table",
    ),
    "param min absent": (
        "min = 1\nmax = 1_000\n",
        "max = 1_000\n",
        "params.tasks.min: found nothing, expected an integer",
    ),
    "param min a fraction": (
        "min = 1\nmax = 1_000\n",
        "min = 1.5\nmax = 1_000\n",
        "params.tasks.min: found 1.5, expected an integer",
    ),
    "param min a truth": (
        "min = 1\nmax = 1_000\n",
        "min = true\nmax = 1_000\n",
        "params.tasks.min: found true, expected an integer",
    ),
    "param bounds crossed": (
        "min = 1\nmax = 1_000\n",
        "min = 1_001\nmax = 1_000\n",
        "params.tasks.max: found 1000, expected at least min, which is 1001",
    ),
    "param unit absent": (
        'unit = "tasks"\n',
        "",
        "params.tasks.unit: found nothing, expected a text",
    ),
    "param key unknown": (
        'unit = "tasks"\n',
        'unit = "tasks"\nstep = 2\n',
        "params.tasks.step: unknown key, expected one of choices, grown, grown_of, max, meaning",
    ),
    "param that grows by a stranger": (
        'meaning = "how long each waits"\n',
        'meaning = "how long each waits"\ngrown = "wait_ns + pieces"\n',
        'params.wait_ns.grown: found "wait_ns + pieces", expected a formula of these names:'
        " tasks, wait_ns; not pieces",
    ),
    "param that grows too much": (
        'meaning = "how long each waits"\n',
        'meaning = "how long each waits"\ngrown_of = { threads = "wait_ns * 100" }\n',
        "params.wait_ns.grown: found 5000000000, expected a value from 1000000 to 1000000000 in the"
        " case headline",
    ),
    "work absent": (block("[work]") + "\n" + block("[work.ideal"), "", "work: found nothing"),
    "operations absent": (
        'operations = "tasks"\n',
        "",
        "work.operations: found nothing, expected a formula",
    ),
    "operations no text": (
        'operations = "tasks"',
        "operations = 3",
        "work.operations: found 3, expected a formula",
    ),
    "operations no formula": (
        'operations = "tasks"',
        'operations = "tasks +"',
        'work.operations: found "tasks +", expected a formula (not a formula: ',
    ),
    "operations no arithmetic": (
        'operations = "tasks"',
        'operations = "open(tasks)"',
        "work.operations: found \"open(tasks)\", expected a formula (found 'open(tasks)', ",
    ),
    "operations of a stranger": (
        'operations = "tasks"',
        'operations = "2 * jobs"',
        'work.operations: found "2 * jobs", expected a formula of these names: tasks, wait_ns;'
        " not jobs",
    ),
    "operations of a sample": (
        'operations = "tasks"',
        'operations = "elapsed_ns"',
        'work.operations: found "elapsed_ns", expected a formula of these names',
    ),
    "ideal of a stranger": (
        'ideal_ns = "wait_ns"',
        'ideal_ns = "wait"',
        'work.ideal_ns: found "wait", expected a formula of these names: tasks, wait_ns; not wait',
    ),
    "ideal of an unknown model": (
        'sequential = "tasks',
        'fibers = "tasks',
        f"work.ideal_ns_of: found the model 'fibers', expected one of {ALL_MODELS}",
    ),
    "work key unknown": (
        'operations = "tasks"\n',
        'operations = "tasks"\noperation = "1"\n',
        "work.operation: unknown key, expected 'operations'",
    ),
    "oracle absent": (block("[oracle]"), "", "oracle: found nothing, expected a table"),
    "oracle value absent": (
        'value = "2 * tasks"\n',
        "",
        "oracle.value: found nothing, expected a formula",
    ),
    "oracle key unknown": (
        'value = "2 * tasks"\n',
        'value = "2 * tasks"\nvalues = 1\n',
        "oracle.values: unknown key, expected 'value'",
    ),
    "observed without value": (
        "expected = 3\n",
        "",
        "observed.in_flight.expected: found nothing, expected a formula",
    ),
    "observed exactly and at least": (
        "expected = 3\n",
        "expected = 3\nat_least = 3\n",
        "observed.in_flight.expected: unknown key, expected 'expected_of'",
    ),
    "observed at least and at most": (
        "expected = 3\n",
        "at_least = 3\nat_most = 3\n",
        "observed.in_flight.at_most: unknown key, expected 'at_most_of'",
    ),
    "site without pages": (
        "[work]\n",
        "[site]\npage_bytes = 1\ndelay_ns = 0\n[work]\n",
        "site.pages: found nothing, expected a formula",
    ),
    "site with an unknown key": (
        "[work]\n",
        "[site]\npages = 1\npage_bytes = 1\ndelay_ns = 0\nlink = 1\n[work]\n",
        "site.link: unknown key, expected 'links'",
    ),
    "site beside a parameter port": (
        "[params.wait_ns]",
        "[site]\npages = 1\npage_bytes = 1\ndelay_ns = 0\n"
        '[params.port]\nunit = "port"\nmin = 1\nmax = 2\nmeaning = "?"\n[params.wait_ns]',
        'params: found "port", expected another name: this is the parameter of the site',
    ),
    "observed of a model twice": (
        "expected_of = { sequential = 1 }\n",
        "expected_of = { sequential = 1 }\nat_least_of = { sequential = 1 }\n",
        "observed.in_flight.at_least_of.sequential: found 1, expected a model in one table only",
    ),
    "observed by a formula of strangers": (
        "expected = 3\n",
        'expected = "pieces"\n',
        'observed.in_flight.expected: found "pieces", expected a formula of these names:'
        " tasks, wait_ns; not pieces",
    ),
    "observed without a value in a case": (
        "expected = 3\n",
        'expected = "3 // (tasks - 10)"\n',
        'observed.in_flight: found "3 // (tasks - 10)", expected a formula that has a value in the'
        " case headline (integer division or modulo by zero)",
    ),
    "observed of an unknown model": (
        "{ sequential = 1 }",
        "{ fibers = 1 }",
        f"observed.in_flight.expected_of: found the model 'fibers', expected one of {ALL_MODELS}",
    ),
    "check case absent": (
        block("[cases.check]"),
        "",
        'cases: found "headline", expected one named check',
    ),
    "headline case absent": (
        block("[cases.headline]"),
        "",
        'cases: found "check", expected one named headline',
    ),
    "no cases": (
        block("[cases.check]") + "\n" + block("[cases.headline]"),
        "",
        'cases: found "none", expected one named check',
    ),
    "case with a bad name": (
        "[cases.headline]",
        "[cases.Big_One]\n[cases.headline]",
        'cases.Big_One: found "Big_One", expected lowercase words joined by hyphens',
    ),
    "wrong answer": (
        "expect = 6",
        "expect = 7",
        "cases.check.expect: found 7, expected what oracle.value gives: 6",
    ),
    "answer absent": ("expect = 6\n", "", "cases.check.expect: found nothing, expected an integer"),
    "answer where none belongs": (
        "iterations = 2\n",
        "iterations = 2\nexpect = 20\n",
        "cases.headline.expect: unknown key, expected one of disturbance_ns, ",
    ),
    "param of a case absent": (
        "{ tasks = 3, wait_ns = 5_000_000 }",
        "{ tasks = 3 }",
        "cases.check.params.wait_ns: found nothing, expected an integer from 1000000 to 1000000000",
    ),
    "param of a case too small": (
        "{ tasks = 10,",
        "{ tasks = 0,",
        "cases.headline.params.tasks: found 0, expected an integer from 1 to 1000",
    ),
    "param of a case too large": (
        "{ tasks = 10,",
        "{ tasks = 1_001,",
        "cases.headline.params.tasks: found 1001, expected an integer from 1 to 1000",
    ),
    "param of a case unknown": (
        "{ tasks = 10,",
        "{ task = 1, tasks = 10,",
        "cases.headline.params.task: unknown key, expected 'tasks'",
    ),
    "warmup negative": (
        "warmup = 1",
        "warmup = -1",
        "cases.headline.warmup: found -1, expected an integer of at least 0",
    ),
    "no iterations": (
        "iterations = 2",
        "iterations = 0",
        "cases.headline.iterations: found 0, expected an integer of at least 1",
    ),
    "sample time a text": (
        "min_sample_ms = 20",
        'min_sample_ms = "20"',
        'cases.headline.min_sample_ms: found "20", expected an integer of at least 0',
    ),
    "no time": (
        "timeout_s = 40",
        "timeout_s = 0",
        "cases.headline.timeout_s: found 0, expected an integer of at least 1",
    ),
    "sweep of a stranger": (
        'param = "tasks"\nvalues',
        'param = "size"\nvalues',
        'sweep.param: found "size", expected one of tasks, wait_ns',
    ),
    "sweep without values": (
        "values = [1, 10, 100]\n",
        "",
        "sweep.values: found nothing, expected a list of integers from 1 to 1000",
    ),
    "sweep out of bounds": (
        "[1, 10, 100]",
        "[1, 10, 10_000]",
        "sweep.values: found 10000, expected a list of integers from 1 to 1000",
    ),
    "sweep thorough no list": (
        "[1_000]",
        "1_000",
        "sweep.thorough: found 1000, expected a list of integers from 1 to 1000",
    ),
    "sweep key unknown": (
        "thorough = [1_000]",
        "through = [1_000]",
        "sweep.through: unknown key, expected 'thorough'",
    ),
    "no metrics": (
        "\n".join(block(f"[metrics.{name}]") for name in ("elapsed", "speedup", "cores")),
        "",
        "metrics: found none, expected at least one",
    ),
    "metric direction": (
        'better = "lower"',
        'better = "down"',
        'metrics.elapsed.better: found "down", expected one of lower, higher',
    ),
    "first metric without a direction": (
        'better = "lower"',
        'better = "neither"',
        'metrics.elapsed.better: found "neither", expected lower or higher',
    ),
    "metric of a stranger": (
        'formula = "cpu_ns / elapsed_ns"',
        'formula = "cpu / elapsed_ns"',
        'metrics.cores.formula: found "cpu / elapsed_ns", expected a formula of these names: ',
    ),
    "metric baseline unknown": (
        '["sequential", "go-1cpu"]',
        '["serial"]',
        f'metrics.speedup.baselines: found "serial", expected one of {ALL_MODELS}',
    ),
    "run-up of a stranger": (
        "[cases.check]",
        "[run_up_ms]\nfibers = 100\n\n[cases.check]",
        f'run_up_ms: found "fibers", expected all or one of {ALL_MODELS}',
    ),
    "run-up too long": (
        "[cases.check]",
        "[run_up_ms]\nall = 2000\n\n[cases.check]",
        "run_up_ms.all: found 2000, expected an integer from 1 to 1000",
    ),
    "metric relation unknown": (
        'baselines = ["sequential", "go-1cpu"]',
        'baselines = ["sequential", "go-1cpu"]\nrelation = "sum"',
        'metrics.speedup.relation: found "sum", expected one of ratio, difference',
    ),
    "metric relation to nothing": (
        'baselines = ["sequential", "go-1cpu"]',
        'relation = "difference"',
        'metrics.speedup.relation: found "difference", expected it only beside `baselines`',
    ),
    "metric unit empty": (
        'unit = "x"',
        'unit = ""',
        'metrics.speedup.unit: found "", expected a text',
    ),
    "metric key unknown": (
        'unit = "x"',
        'unit = "x"\nbaseline = "go"',
        "metrics.speedup.baseline: unknown key, expected 'baselines'",
    ),
    "reason of a model unknown": (
        'scratch = "it',
        'fibers = "it',
        f"not_applicable: found the model 'fibers', expected one of {ALL_MODELS}",
    ),
    "reason empty": (
        '"it is not for this"',
        '""',
        'not_applicable.scratch: found "", expected a text',
    ),
    "limits no array": (
        "[[limits]]",
        "[limits]",
        "limits: found a table, expected an array of tables",
    ),
    "limit of an unknown model": (
        'model = "threads"',
        'model = "fibers"',
        f'limits[0].model: found "fibers", expected one of {ALL_MODELS}',
    ),
    "limit on a stranger": (
        'param = "tasks"\nmost',
        'param = "size"\nmost',
        'limits[0].param: found "size", expected one of tasks, wait_ns',
    ),
    "limit without a number": (
        "most = 10\n",
        "",
        "limits[0].most: found nothing, expected an integer",
    ),
    "limit key unknown": (
        "most = 10\n",
        "most = 10\nleast = 1\n",
        "limits[0].least: unknown key, expected one of clamps, model, most, param, reason",
    ),
    "contrast without an end": (
        'to = "asyncio"',
        "",
        "contrasts[0].to: found nothing, expected a text",
    ),
    "contrast key unknown": (
        'to = "asyncio"',
        'to = "asyncio"\nthat = "trio"',
        "contrasts[0].that: unknown key, expected one of this, to",
    ),
}
