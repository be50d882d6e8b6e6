"""Records for tests: a complete case of a simulated M7, to be varied field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.domain.kernel_code import CodePath, OperatorKernel
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.record import CaseRecord, CaseStatus, RunInfo
from harness.domain.units import Fidelity, Unit

STARTED = datetime(2024, 5, 17, 8, 30, 0, 250, tzinfo=UTC)


def run_info(**changes: Any) -> RunInfo:
    run = RunInfo(
        id="0123456789abcdef",
        started=STARTED,
        command_line="harness run --target mps2-an500",
        git_commit="5f0c" * 10,
        git_dirty=False,
        host="desk",
        harness_version="0.1.0",
    )
    return replace(run, **changes)


def counted(
    value: float,
    *,
    unit: Unit = Unit.INSTRUCTIONS,
    fidelity: Fidelity = Fidelity.SIMULATED,
    spread: tuple[float, float] | None = None,
    n: int = 1000,
) -> Measurement:
    low, high = spread or (value, value)
    simulated = fidelity is Fidelity.SIMULATED
    return Measurement(
        quantity=unit.value,
        value=value,
        unit=unit,
        n=n,
        minimum=low,
        maximum=high,
        fidelity=fidelity,
        instrument="systick-icount" if simulated else "dwt-cyccnt",
        method="counter restarted per window; median",
        resolution=40.0 if simulated else 1.0,
    )


def accuracy(value: float, n: int = 1000) -> Measurement:
    return Measurement(
        quantity="accuracy",
        value=value,
        unit=Unit.FRACTION,
        n=n,
        minimum=value,
        maximum=value,
        fidelity=Fidelity.SIMULATED,
        instrument="device outputs",
        method="top-1",
        resolution=1 / n,
    )


def equal(count: int, n: int = 1000) -> Measurement:
    return replace(
        accuracy(0.5, n),
        quantity="vectors_equal",
        value=float(count),
        unit=Unit.SAMPLES,
        minimum=0.0,
        maximum=float(n),
        resolution=1.0,
    )


def difference(lsb: int, n: int = 1000) -> Measurement:
    return replace(
        equal(0, n),
        quantity="largest_difference",
        value=float(lsb),
        unit=Unit.LSB,
        maximum=float(lsb),
    )


def readings(*others: Reading) -> tuple[Reading, ...]:
    """The usual four; one of `others` takes the place of the usual one of its quantity."""
    usual: dict[str, Reading] = {
        "instructions": counted(7_628_160),
        "accuracy": accuracy(0.901),
        "vectors_equal": equal(991),
        "largest_difference": difference(1),
    }
    return tuple((usual | {reading.quantity: reading for reading in others}).values())


def case_record(**changes: Any) -> CaseRecord:
    record = CaseRecord(
        status=CaseStatus.OK,
        target_id="mps2-an500",
        target_title="Arm MPS2+ AN500 (Cortex-M7), QEMU",
        core="Cortex-M7",
        fidelity=Fidelity.SIMULATED,
        kernel_set="cmsis-nn",
        variant="O2",
        model="kws",
        warmup=1,
        repeats=1,
        started=STARTED,
        finished=STARTED + timedelta(seconds=41.5),
        model_sha256="ab" * 32,
        image_crc32=0xDEADBEEF,
        image_bytes=40_960,
        dataset="mlperf:kws01",
        dataset_sha256="cd" * 32,
        inputs=1000,
        build_id="00112233445566778899aabbccddeeff00112233",
        compiler="arm-none-eabi-gcc 12.2.1",
        flags="-O2 -mcpu=cortex-m7",
        library_name="CMSIS-NN",
        library_version="V.12.5.1",
        library_tree_hash="ef" * 20,
        tool_versions=(("harness", "0.1.0"), ("pyocd", "0.36.0"), ("qemu", "7.2.5")),
        clock_hz=25_000_000,
        counter_name="systick-icount",
        counter_resolution=40.0,
        readings=readings(),
        arena_bytes=16_384,
        arena_lower_bound=16_000,
        weight_bytes=22_604,
        firmware_flash_bytes=24_576,
        firmware_ram_bytes=8_192,
        macs=2_656_768,
        link_interrupts=0,
    )
    return replace(record, **changes)


def failed_record(**changes: Any) -> CaseRecord:
    """A case that was killed while it was measured."""
    fields: dict[str, Any] = {
        "status": CaseStatus.FAILED,
        "error_class": "SimulatorDied",
        "error_message": "QEMU was killed by signal 9\n  -> run it again",
        "readings": (),
        "link_interrupts": None,
    }
    return case_record(**(fields | changes))


def bare_failed_record(**changes: Any) -> CaseRecord:
    """A case that failed before anything but its names was known."""
    return CaseRecord(
        **(
            {
                "status": CaseStatus.FAILED,
                "target_id": "mps2-an500",
                "target_title": "Arm MPS2+ AN500 (Cortex-M7), QEMU",
                "core": "Cortex-M7",
                "fidelity": Fidelity.SIMULATED,
                "kernel_set": "cmsis-nn",
                "variant": "O2",
                "model": "kws",
                "warmup": 1,
                "repeats": 1,
                "started": STARTED,
                "finished": STARTED,
                "error_class": "CompileFailed",
                "error_message": "the compiler returned 1",
            }
            | changes
        )
    )


def fallback(share: float) -> Measurement:
    """The share of counts in fallback operators."""
    return replace(
        accuracy(share, 1), quantity="fallback_share", instrument="systick-icount", method="PROFILE"
    )


# A convolution by the library, and a fully connected layer and a softmax that fall back.
KERNELS = (
    OperatorKernel(0, "CONV_2D", "cmsis-nn/conv_2d.c", ("arm_convolve_wrapper_s8",), CodePath.DSP),
    OperatorKernel(1, "FULLY_CONNECTED", "reference/fully_connected.c", fallback=True),
    OperatorKernel(2, "FULLY_CONNECTED", "reference/fully_connected.c", fallback=True),
    OperatorKernel(3, "SOFTMAX", "reference/softmax.c", fallback=True),
)

NO_LABELS = Missing("accuracy", "no labels")
