"""Processes that write at once lose nothing, and one that is killed leaves no half case.

HARNESS_STORE_CASES says how many cases each of the 8 processes writes: 1000 for the whole claim.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from builders.records import run_info

from harness.domain.selection import CaseFilter
from harness.results import Store, open_store

WRITERS = 8
CASES = int(os.environ.get("HARNESS_STORE_CASES", "25"))
DEADLINE_S = 600
TESTS = Path(__file__).parents[1]

# A process for each name, all from one that has imported what they need: so they begin together.
# Each opens the store itself, as each process of a bench does, and says after each case that it is
# kept.
WRITE = """
import os, sys
from builders.records import case_record, run_info
from harness.results import open_store
location, cases, name, *others = sys.argv[1:]
children = []
for other in others:
    child = os.fork()
    if child == 0:
        name, children = other, []
        break
    children.append(child)
store = open_store(location)
run_id = store.begin(run_info(id=name))
for number in range(int(cases)):
    store.add(run_id, case_record(model=f"{name}/{number}"))
    print(number, flush=True)
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""


def writer(location: str, cases: int, *names: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, location, str(cases), *names],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def models(store: Store, run_id: str) -> list[str]:
    return [stored.record.model for stored in store.records(CaseFilter(runs=(run_id,)))]


def test_nothing_is_lost_and_nothing_is_double(database: str) -> None:
    """All open a new database at once, too."""
    names = [f"writer-{number}" for number in range(WRITERS)]
    process = writer(database, CASES, *names)
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, errors
    store = open_store(database)
    assert store.count() == WRITERS * CASES
    for name in names:
        assert models(store, name) == [f"{name}/{number}" for number in range(CASES)]
    ids = Counter(stored.id for stored in store.records())
    assert len(ids) == WRITERS * CASES
    assert {len(stored.record.readings) for stored in store.records()} == {4}


@pytest.mark.parametrize("after", [1, 7])
def test_a_kill_loses_at_most_the_case_in_flight(database: str, after: int) -> None:
    other = writer(database, 15, "other")
    process = writer(database, 100_000, "killed")
    assert process.stdout
    for _ in range(after):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    told = after + len(process.stdout.read().splitlines())
    assert process.wait(timeout=60) == -signal.SIGKILL
    _, errors = other.communicate(timeout=DEADLINE_S)
    assert other.returncode == 0, errors
    store = open_store(database)
    kept = models(store, "killed")
    assert kept == [f"killed/{number}" for number in range(len(kept))]
    assert told <= len(kept) <= told + 1
    assert {len(one.record.readings) for one in store.records()} == {4}
    assert len(models(store, "other")) == 15
    store.add(store.begin(run_info(id="next")), next(store.records()).record)
