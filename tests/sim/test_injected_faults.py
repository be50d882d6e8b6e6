"""Each fault of the virtual board ends a run with an error of its name, and never with a number."""

from __future__ import annotations

import shutil
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from devices.virtual_board import needs_unicorn

from harness import assembly
from harness.bench.prepare import prepare
from harness.bench.rig import Board, Deadlines, OnFlash, Rig
from harness.bench.run import Outcome, run_cases
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
FLASHING_S = 2.0
DEADLINES = Deadlines(handshake_s=2.0, inference_s=1.0)
BOUND_S = 40.0

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
    "dead-uart": [("dead-uart", LinkTimeout, "no answer to HELLO within 2 s; 0 bytes came")],
}
CASES = [case for cases in ENDINGS.values() for case in cases]


def hurried_rig() -> Rig:
    """The real rig with short deadlines."""

    def opened(uid: str, target: Target, on_flash: OnFlash) -> AbstractContextManager[Board]:
        return open_board(uid, target.pyocd_target, memory=target.memory, deadline_s=FLASHING_S)

    return replace(assembly.rig(), open_board=opened, deadlines=DEADLINES)


def run(tmp_path: Path, fault: str) -> Outcome:
    (case,) = assembly.plan(
        targets=["openmv-h7-virtual"],
        kernel_sets=["reference"],
        models=["mlp-digits"],
        dataset="random:3",
    )
    case = replace(case, target=replace(case.target, machine_options={"faults": fault}))
    rig = hurried_rig()
    store = open_store(tmp_path / "results.db")
    run_id = store.begin(assembly.run_info.describe_run())
    return run_cases(prepare([case], rig.load_dataset), rig, store, run_id, lambda event: None)


def test_there_is_an_ending_for_each_fault() -> None:
    assert set(ENDINGS) == set(FAULTS)


@pytest.mark.parametrize(("fault", "error", "told"), CASES, ids=[case[0] for case in CASES])
def test_a_fault_is_an_error_of_its_name_and_never_a_result(
    tmp_path: Path, fault: str, error: type[HarnessError], told: str
) -> None:
    start = time.monotonic()
    outcome = run(tmp_path, fault)
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
