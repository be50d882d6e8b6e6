"""What is kept beside the record: every answer, and the counts of each operator if wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench_desk import FULLY_CONNECTED, LIBRARY, TARGET, Desk
from builders.records import case_record, run_info

from harness.bench.case import run_case
from harness.bench.case_extras import Extras
from harness.bench.events import nobody
from harness.bench.run import run_cases
from harness.domain.measurement import Measurement
from harness.domain.observation import OperatorCount
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import StoreError
from harness.results import Store, open_store
from harness.results.case_raw import operator_counts_of, samples_of

RUN, PROFILE = 4, 5
PER_TICK = TARGET.counter.per_tick


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "results.db")


def measured(desk: Desk, store: Store, *, profile: bool) -> CaseRecord:
    run_id = store.begin(run_info())
    extras = Extras(store.raw.put, profile)
    outcome = run_cases([desk.prepared()], desk.rig, store, run_id, nobody, extras=extras)
    assert outcome.errors == []
    (record,) = store.cases(run_id)
    return record


def requests(desk: Desk) -> list[int]:
    return [seen.kind for seen in desk.device.seen if seen.kind in (RUN, PROFILE)]


def test_every_answer_is_kept(desk: Desk, store: Store) -> None:
    desk.device.counts = {0: (10,), 1: (20,), 2: (30,), 3: (100,)}
    record = measured(desk, store, profile=False)
    assert [kind for kind, _ in record.raw] == ["answers"]
    arrays = store.raw.get(dict(record.raw)["answers"])
    assert arrays["ticks"].tolist() == [[10], [20], [30], [100]]
    assert arrays["outputs"].tobytes() == desk.inputs.tobytes()  # the model copies its input
    samples = samples_of(store.raw, record)
    assert samples is not None
    count = record.reading("instructions")
    assert isinstance(count, Measurement)
    assert np.median(samples) == count.value
    assert requests(desk) == [RUN] * 4
    assert operator_counts_of(store.raw, record) == ()


def test_operators_are_counted_after_all_that_is_measured(desk: Desk, store: Store) -> None:
    record = measured(desk, store, profile=True)
    assert requests(desk) == [RUN] * 4 + [PROFILE]
    assert [kind for kind, _ in record.raw] == ["answers", "profile"]
    kernels = ("reference/fully_connected.c",)
    assert operator_counts_of(store.raw, record) == (
        OperatorCount(0, "FULLY_CONNECTED", kernels, 100 * PER_TICK),
    )


def test_share_and_profile_come_of_one_pass(desk: Desk, store: Store) -> None:
    desk.library, desk.linked = LIBRARY, (replace(FULLY_CONNECTED, fallback=True),)
    record = measured(desk, store, profile=True)
    assert requests(desk).count(PROFILE) == 1
    assert isinstance(record.reading("fallback_share"), Measurement)
    assert "profile" in dict(record.raw)


def test_a_profile_that_fails_costs_no_count(desk: Desk, store: Store) -> None:
    desk.device.profile_interrupts = 2
    record = measured(desk, store, profile=True)
    assert isinstance(record.reading("instructions"), Measurement)
    assert [kind for kind, _ in record.raw] == ["answers"]
    assert record.incidents == "no profile: 2 link interrupts fell into the measured windows"


def test_raw_data_that_cannot_be_kept_ends_the_run(desk: Desk, store: Store) -> None:
    def full(kind: str, arrays: object) -> str:
        raise StoreError("the disk is full", where="raw", hint="Make room.")

    record, error = run_case(desk.prepared(), desk.rig, nobody, extras=Extras(full))
    assert isinstance(error, StoreError)
    assert (record.status, record.raw, record.readings) == (CaseStatus.FAILED, (), ())
    run_id = store.begin(run_info())
    with pytest.raises(StoreError, match="the disk is full"):
        run_cases([desk.prepared()] * 2, desk.rig, store, run_id, nobody, extras=Extras(full))
    assert len(store.cases(run_id)) == 1


def test_nothing_is_kept_unless_asked(desk: Desk) -> None:
    record, _ = run_case(desk.prepared(), desk.rig, nobody)
    assert record.raw == case_record().raw == ()
