"""A whole case on a Renode that is installed: flashed, verified, measured, compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices.renode_targets import needs_renode, renode_target

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.units import Fidelity, Unit
from harness.errors import VerifyFailed
from harness.machine import start_machine
from harness.probe.programmer import open_board

pytestmark = needs_renode


def counted(bench: assembly.Bench, target: str) -> dict[str, Measurement]:
    """Instructions of mlp-digits by kernel set, all outputs equal to the host's."""
    cases = assembly.plan(targets=[target], models=["mlp-digits"], limit=20)
    outcome = bench.measure(cases)
    assert not outcome.errors, outcome.errors
    found = {}
    for record in outcome.records:
        assert record.fidelity is Fidelity.SIMULATED
        equal = record.reading("vectors_equal")
        count = record.reading("instructions")
        assert isinstance(equal, Measurement)
        assert isinstance(count, Measurement)
        assert equal.value == equal.n == 20
        assert count.unit is Unit.INSTRUCTIONS
        found[record.kernel_set] = count
    assert set(found) == {"reference", "cmsis-nn"}
    return found


def test_mlp_digits_counts_as_qemu_counts_the_same_core_and_every_time(tmp_path: Path) -> None:
    bench = assembly.Bench(tmp_path / "harness.db")
    first, second = (counted(bench, "openmv-h7-renode") for _ in range(2))
    qemu = counted(bench, "mps2-an500")
    for kernels, count in first.items():
        assert (count.minimum, count.value, count.maximum) == (
            second[kernels].minimum,
            second[kernels].value,
            second[kernels].maximum,
        )
        # Another port, another place in memory; QEMU's counter steps by 40 instructions.
        assert count.value == pytest.approx(qemu[kernels].value, rel=0.02, abs=80)
    record = bench.measure(
        assembly.plan(
            targets=["openmv-h7-renode"],
            models=["mlp-digits"],
            kernel_sets=["reference"],
            limit=1,
        )
    ).records[0]
    version = dict(record.tool_versions)["renode"]
    assert version.endswith("(PerformanceInMips 500, DWT 500 MHz)")


def test_flash_is_written_and_read_back_through_the_gdb_server(tmp_path: Path) -> None:
    slot = renode_target().memory.model_slot.origin
    data = bytes(255 - n % 251 for n in range(70_000))
    with (
        start_machine(renode_target(), tmp_path) as at,
        open_board(at.probe_uid, renode_target().pyocd_target) as board,
    ):
        board.write(slot, data)
        board.verify(slot, data)
        with pytest.raises(VerifyFailed):
            board.verify(slot, b"\x00" + data[1:])
