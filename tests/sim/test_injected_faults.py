"""Each fault of the virtual board ends a run with an error of its name, and never with a number."""

from __future__ import annotations

import csv
import shutil
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from devices.virtual_board import needs_unicorn

from harness import assembly
from harness.assembly.run_info import describe_run
from harness.bench.events import nobody
from harness.bench.prepare import prepare
from harness.bench.rig import Board, Deadlines, OnFlash, Rig
from harness.bench.run import Outcome, run_cases
from harness.domain.measurement import Measurement
from harness.domain.record import CaseStatus
from harness.domain.target import Target
from harness.errors import (
    DeviceReset,
    FlashFailed,
    HarnessError,
    LinkTimeout,
    VerifyFailed,
)
from harness.machine.virtual_h743.faults import FAULTS
from harness.probe.programmer import open_board
from harness.results import open_store

TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja")
pytestmark = [
    needs_unicorn,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"),
]

SLOT = 0x0806_0000
# Of faults that end in silence, how long it lasts.
FLASHING_S = {"busy": 2.0, "power-loss": 2.0}
DEADLINES = Deadlines(handshake_s=3.0, inference_s=3.0)
BOUND_S = 40.0
GATE = "PD12"
AROUND_WINDOW = 200  # instructions between the gate's edges and the counter's

# How the fault is written, the error, and what it tells.
ENDINGS: dict[str, list[tuple[str, type[HarnessError], str]]] = {
    "write-protect": [
        ("write-protect", VerifyFailed, "0x08000000 holds 0xff and should hold"),
        ("write-protect=0x8", VerifyFailed, "0x08060000 holds 0xff and should hold"),
    ],
    "stuck-bit": [
        ("stuck-bit", VerifyFailed, "0x08000000 holds 0x01 and should hold 0x00; 1 of"),
        (f"stuck-bit={SLOT + 7:#x}", VerifyFailed, f"{SLOT + 7:#010x} holds"),
    ],
    "busy": [
        ("busy", FlashFailed, "timed out"),
        ("busy=100", FlashFailed, "timed out"),
    ],
    "device-id": [("device-id", FlashFailed, "IDC.DEV_ID 0x451 did not match expected. 0x450")],
    "power-loss": [
        ("power-loss", FlashFailed, "pyOCD failed while programming"),
        ("power-loss=3", FlashFailed, "pyOCD failed while writing"),
    ],
    "brown-out": [
        ("brown-out", DeviceReset, "the device was reset while input 0 was measured"),
        ("brown-out=3", DeviceReset, "the device was reset while input 1 was measured"),
    ],
    "dead-uart": [("dead-uart", LinkTimeout, "no answer to HELLO within 3 s; 0 bytes came")],
}
CASES = [case for cases in ENDINGS.values() for case in cases]


def hurried_rig(fault: str) -> Rig:
    """The real rig with short deadlines for what `fault` silences."""
    flashing_s = FLASHING_S.get(fault.partition("=")[0])

    def opened(uid: str, target: Target, on_flash: OnFlash) -> AbstractContextManager[Board]:
        return open_board(uid, target.pyocd_target, memory=target.memory, deadline_s=flashing_s)

    return replace(assembly.rig(), open_board=opened, deadlines=DEADLINES)


def run(tmp_path: Path, rig: Rig, **options: str) -> Outcome:
    (case,) = assembly.plan(
        targets=["openmv-h7-virtual"],
        kernel_sets=["reference"],
        models=["mlp-digits"],
        dataset="random:3",
    )
    case = replace(case, target=replace(case.target, machine_options=options))
    store = open_store(tmp_path / "results.db")
    run_id = store.begin(describe_run())
    return run_cases(prepare([case], rig.load_dataset), rig, store, run_id, nobody)


def test_there_is_an_ending_for_each_fault() -> None:
    assert set(ENDINGS) == set(FAULTS)


@pytest.mark.parametrize(("fault", "error", "told"), CASES, ids=[case[0] for case in CASES])
def test_a_fault_is_an_error_of_its_name_and_never_a_result(
    tmp_path: Path, fault: str, error: type[HarnessError], told: str
) -> None:
    start = time.monotonic()
    outcome = run(tmp_path, hurried_rig(fault), faults=fault)
    assert time.monotonic() - start < BOUND_S
    (raised,) = outcome.errors
    assert type(raised) is error, raised
    assert told in raised.what
    assert raised.where
    assert raised.hint

    (record,) = open_store(tmp_path / "results.db").cases(outcome.run_id)
    assert (record.status, record.error_class) == (CaseStatus.FAILED, error.__name__)
    assert record.readings == ()
    assert record.error_message == str(raised)


def test_the_gate_is_high_for_the_warm_up_and_for_each_inference(tmp_path: Path) -> None:
    log = tmp_path / "pins.csv"
    (record,) = run(tmp_path, assembly.rig(), pin_log=str(log)).records
    count = record.reading("instructions")
    assert isinstance(count, Measurement)
    with log.open() as file:
        edges = [edge for edge in csv.DictReader(file) if edge["pin"] == GATE]
    assert [edge["level"] for edge in edges] == ["1", "0"] * (1 + count.n)
    times = [int(edge["ticks"]) for edge in edges]
    _, *windows = [end - start for start, end in zip(times[::2], times[1::2], strict=True)]
    # The gate stays outside the counted part.
    assert count.minimum < min(windows) < count.minimum + AROUND_WINDOW
    assert count.maximum < max(windows) < count.maximum + AROUND_WINDOW
