"""How long a store of 200 000 cases takes to list, read and tabulate, and in how much memory.

Each question is asked in a process of its own, so that its memory is its own. From the checkout:
PYTHONPATH=tests python tests/benchmarks/store_size.py build/large.db
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from datetime import timedelta

from builders.records import STARTED, case_record, counted, readings, run_info
from sqlalchemy import insert, literal, select

from harness.domain.selection import CaseFilter, RunFilter, StoredCase
from harness.results import open_store
from harness.results.overview import overview
from harness.results.queries import moment
from harness.results.schema import CaseRow, ReadingRow

CASES_OF_A_RUN = 200  # 5 targets x 4 kernel sets x 10 models


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fill(location: str, cases: int) -> None:
    """Runs an hour apart, each a whole matrix: one kept as always, the others copied from it."""
    store = open_store(location)
    first = store.begin(run_info(id=f"{0:032x}"))
    store.take_in(
        StoredCase(
            f"{place:032x}",
            run_info(id=first),
            case_record(
                target_id=f"board-{place % 5}",
                kernel_set=f"kernels-{place // 5 % 4}",
                model=f"model-{place // 20}",
                readings=readings(counted(1e6 + 40 * (place % 97))),
            ),
        )
        for place in range(CASES_OF_A_RUN)
    )
    columns = list(CaseRow.__table__.columns)
    parts = list(ReadingRow.__table__.columns)
    first_case = CaseRow.run_id == first
    for run in range(1, cases // CASES_OF_A_RUN):
        started = STARTED + timedelta(hours=run)
        name = store.begin(run_info(id=f"{run:032x}", started=started, git_commit=f"{run:040x}"))
        offset = run * CASES_OF_A_RUN
        new = {
            "number": CaseRow.number + offset,
            "id": literal(f"{run}-") + CaseRow.id,
            "run_id": literal(name),
            "started": literal(moment(started)),
        }
        copies = select(*(new.get(column.key, column) for column in columns)).where(first_case)
        theirs = {"case_number": ReadingRow.case_number + offset}
        lines = (
            select(*(theirs.get(column.key, column) for column in parts))
            .join(CaseRow, CaseRow.number == ReadingRow.case_number)
            .where(first_case)
        )
        with store.writing() as session:
            session.execute(insert(CaseRow).from_select(columns, copies))
            session.execute(insert(ReadingRow).from_select(parts, lines))


def ask(location: str, question: str) -> None:
    """Answer one question, and print how many rows, seconds and mebibytes that took."""
    store = open_store(location)
    import pandas  # noqa: F401 - its import is not the store's time

    last = [run.id for run in store.runs(RunFilter(last=2))]
    series = CaseFilter(models=("model-3",), targets=("board-2",), kernel_sets=("kernels-1",))
    begin = time.perf_counter()
    rows = {
        "list all runs": lambda: len(overview(store, RunFilter())),
        "records of two runs": lambda: sum(1 for _ in store.records(CaseFilter(runs=tuple(last)))),
        "frame of two runs": lambda: len(store.frame(CaseFilter(runs=tuple(last)))),
        "frame of one series": lambda: len(store.frame(series)),
        "frame of one model": lambda: len(store.frame(CaseFilter(models=("model-3",)))),
        "frame of everything": lambda: len(store.frame()),
        "records of one model": lambda: sum(
            1 for _ in store.records(CaseFilter(models=("model-3",)))
        ),
    }[question]()
    seconds = time.perf_counter() - begin
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{question:24} {rows:8,} rows  {seconds:7.2f} s  {mib:6.0f} MiB")


QUESTIONS = (
    *("list all runs", "records of two runs", "frame of two runs", "frame of one series"),
    *("frame of one model", "frame of everything", "records of one model"),
)


def main() -> None:
    """Make the store where it is not there yet, and ask all questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("location", help="the database: a file, or a URL")
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.ask:
        ask(words.location, words.ask)
        return
    if not open_store(words.location).count():
        begin = time.perf_counter()
        fill(words.location, words.cases)
        say(f"made {words.cases:,} cases in {time.perf_counter() - begin:.0f} s")
    for question in QUESTIONS:
        subprocess.run([sys.executable, __file__, words.location, "--ask", question], check=True)


if __name__ == "__main__":
    main()
