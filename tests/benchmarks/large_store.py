"""What `harness compare` and `harness report` take on a store of 200,000 cases.

Makes the store in a temporary folder (1000 runs of 200 cases with four readings each), then prints
wall time and peak memory of each command in a process of its own, beside what is allowed on an idle
machine. Ends with 1 where something took more.

    python tests/benchmarks/large_store.py [RUNS]
"""

import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy
from builders.records import STARTED, case_record, counted, readings, run_info
from rich.console import Console
from rich.table import Table

from harness.results import codec, open_store
from harness.results.schema import CaseRow, ReadingRow, RunRow

MODELS, TARGETS, SETS = 10, 5, 4
COMMANDS = {  # seconds allowed
    "harness compare last~1 last": 5.0,
    "harness report --against last~1 --history 30 --html report.html --csv report.csv": 10.0,
}
MEMORY_GB = 1.0
HARNESS = [sys.executable, "-m", "harness.cli"]


def main(runs: int) -> int:
    """Make the store, run the commands, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results" / "harness.db"
        began = time.perf_counter()
        cases = fill(file, runs)
        made = f"{cases:,} cases in {runs:,} runs, {file.stat().st_size / 1e6:,.0f} MB, "
        table = Table("command", "s", "allowed", "of it CPU", "peak GB", "allowed")
        good = True
        made += f"made in {time.perf_counter() - began:.0f} s"
        for command, allowed in COMMANDS.items():
            seconds, cpu, gigabytes = taken(command, Path(folder))
            good &= seconds <= allowed and gigabytes <= MEMORY_GB
            table.add_row(
                *(command, f"{seconds:.1f}", f"{allowed:g}", f"{cpu:.1f}"),
                *(f"{gigabytes:.2f}", f"{MEMORY_GB:g}"),
            )
    Console().print(made, table)
    return 0 if good else 1


def taken(command: str, folder: Path) -> tuple[float, float, float]:
    """Wall and processor seconds of a command, and the peak gigabytes of all commands so far."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    words = [*HARNESS, *shlex.split(command)[1:]]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=600)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, after.ru_maxrss / 1e6


def fill(file: Path, runs: int) -> int:
    """Write the runs with their cases; of a hundred runs the later half is slower."""
    open_store(file)
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    kinds = [list(of_a_run(slower)) for slower in (1.0, 1.03)]
    number = 0
    with engine.begin() as connection:
        for place in range(runs):
            begun = STARTED + timedelta(hours=place)
            run = run_info(id=f"{place:032x}", started=begun, git_commit=f"{place:040x}")
            connection.execute(sqlalchemy.insert(RunRow), columns(codec.run_to_row(run)))
            cases, values = [], []
            moment = {"run_id": run.id, "started": begun.isoformat(), "finished": begun.isoformat()}
            for case, parts in kinds[place % 100 > 50]:
                number += 1
                cases.append(case | moment | {"number": number, "id": f"{number:032x}"})
                values += [part | {"case_number": number} for part in parts]
            connection.execute(sqlalchemy.insert(CaseRow), cases)
            connection.execute(sqlalchemy.insert(ReadingRow), values)
    return number


def of_a_run(slower: float) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The columns of each case of a run and of its readings."""
    for n in range(MODELS * TARGETS * SETS):
        model, target, kernels = n % MODELS, n // MODELS % TARGETS, n // MODELS // TARGETS
        record = case_record(
            model=f"model-{model}",
            target_id=f"target-{target}",
            kernel_set="reference" if kernels == 0 else f"kernels-{kernels}",
            model_sha256=f"{model:064x}",
            readings=readings(counted(round(1e6 * (model + 1) * slower / (kernels + 1)))),
        )
        row = codec.case_to_row("", "", record)
        yield columns(row), [columns(one) for one in row.readings]


def columns(row: Any) -> dict[str, Any]:
    """A row of the schema as values by column."""
    mapped = sqlalchemy.inspect(type(row)).column_attrs
    return {one.key: getattr(row, one.key) for one in mapped if one.key in vars(row)}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
