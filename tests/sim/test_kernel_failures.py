"""Kernels that fault, and shapes that they refuse: told with operator and reason; others run on."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from builders.tflite_builder import TfliteModel
from elftools.elf.elffile import ELFFile

from harness import assembly, catalog
from harness.bench.run import Outcome
from harness.domain.measurement import Measurement
from harness.domain.record import CaseStatus
from harness.errors import DeviceFault, KernelRefused
from harness.results import open_store

TARGETS = ("mps2-an500", "mps2-an505", "mps3-an547")  # Armv7-M, Armv8-M, and with Helium
VIRTUAL_BOARD = "openmv-h7-virtual"
TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja", "qemu-system-arm")
NO_IMPLEMENTATION = -2
MODEL, SOFTMAX = "mlp-digits", 3  # RESHAPE, FULLY_CONNECTED, FULLY_CONNECTED, SOFTMAX
STRIDES = {"stride_w": 1, "stride_h": 1, "padding": "VALID"}

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"
)

FAULTING = """/* A kernel that faults on purpose. */
#include "kernel.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{{
    (void)m, (void)op, (void)scratch_bytes;
    {prepare}
    return 0;
}}

static int invoke(const struct model *m, const struct image_operator *op)
{{
    (void)m, (void)op;
    {invoke}
    return 0;
}}

KERNEL(25, "SOFTMAX", prepare, invoke);
"""
UNDEFINED = '__asm volatile(".global fault_here\\nfault_here: udf #1");'
UNMAPPED = "*(volatile int *)0x5E000000u = 1;"


@pytest.fixture
def faulting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a kernel set `faulting` in a tree of its own, SOFTMAX still to be written."""
    folder = tmp_path / "tree" / "firmware" / "kernels" / "faulting"
    folder.mkdir(parents=True)
    (folder / "kernels.toml").write_text(
        'id = "faulting"\ntitle = "Faults on purpose"\nextends = "reference"\n'
    )
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "tree"))
    return folder


def measure(tmp_path: Path, target: str, kernel_sets: list[str], model: str) -> Outcome:
    cases = assembly.plan(targets=[target], kernel_sets=kernel_sets, models=[model], limit=1)
    return assembly.Bench(tmp_path / "results.db").measure(cases)


def address(target: str, kernel_set: str, name: str) -> int:
    firmware = assembly.rig().build(
        catalog.target(target), catalog.kernel_set(kernel_set), catalog.build_variant("O2"), print
    )
    table = ELFFile(io.BytesIO(firmware.elf.read_bytes())).get_section_by_name(".symtab")
    (found,) = table.get_symbol_by_name(name)
    return int(found["st_value"])


@pytest.mark.parametrize("target", [*TARGETS, VIRTUAL_BOARD])
def test_a_fault_names_the_operator_in_flight_and_the_next_case_runs(
    faulting: Path, tmp_path: Path, target: str
) -> None:
    (faulting / "softmax.c").write_text(FAULTING.format(prepare="", invoke=UNDEFINED))
    outcome = measure(tmp_path, target, ["faulting", "reference"], MODEL)

    (fault,) = outcome.errors
    assert isinstance(fault, DeviceFault)
    assert outcome.exit_code == DeviceFault.exit_code
    assert f"a fault in operator {SOFTMAX} (SOFTMAX): UNDEFINSTR; pc=0x" in fault.what
    assert set(fault.registers) >= {"pc", "lr", "cfsr", "hfsr", "bfar"}
    assert fault.registers["pc"] == address(target, "faulting", "fault_here") & ~1

    failed, good = open_store(tmp_path / "results.db").cases(outcome.run_id)
    assert (failed.status, failed.error_class) == (CaseStatus.FAILED, "DeviceFault")
    assert failed.error_message == str(fault)
    assert failed.readings == ()
    assert (good.kernel_set, good.status) == ("reference", CaseStatus.OK)


@pytest.mark.parametrize("target", TARGETS)
def test_a_fault_while_a_model_is_loaded_names_the_operator_too(
    faulting: Path, tmp_path: Path, target: str
) -> None:
    (faulting / "softmax.c").write_text(FAULTING.format(prepare=UNMAPPED, invoke=""))
    (fault,) = measure(tmp_path, target, ["faulting"], MODEL).errors
    assert isinstance(fault, DeviceFault)
    assert f"a fault in operator {SOFTMAX} (SOFTMAX): " in fault.what


def wide_convolution(path: Path) -> Path:
    """A 1x1 convolution over 32,768 columns, one more than CMSIS-NN's 16-bit positions can tell."""
    model = TfliteModel()
    shape = (1, 1, 32768, 1)
    x, between, y = (model.tensor(shape, "int8", scale) for scale in (0.5, 0.5, 0.25))
    weights = model.tensor((1, 1, 1, 1), "int8", [0.5], data=[[[[3]]]])
    bias = model.tensor((1,), "int32", [0.25], data=[5])
    model.operator("MAX_POOL_2D", [x], [between], filter_width=1, filter_height=1, **STRIDES)
    model.operator("CONV_2D", [between, weights, bias], [y], **STRIDES)
    path.write_bytes(model.build([x], [y]))
    return path


def test_a_shape_that_cmsis_nn_refuses_runs_on_the_reference_kernels(tmp_path: Path) -> None:
    model = wide_convolution(tmp_path / "wide.tflite")
    outcome = measure(tmp_path, TARGETS[0], ["cmsis-nn", "reference"], str(model))

    (refused,) = outcome.errors
    assert isinstance(refused, KernelRefused)
    assert (refused.operator, refused.status) == (1, NO_IMPLEMENTATION)
    assert refused.what == (
        "the kernel of operator 1 (CONV_2D) returned status -2 to DESCRIBE, no implementation: it "
        "is sound, but of a shape or kind that this kernel set cannot do"
    )
    assert refused.hint.startswith("Use another kernel set")

    failed, good = outcome.records
    assert (failed.kernel_set, failed.status) == ("cmsis-nn", CaseStatus.FAILED)
    assert (good.kernel_set, good.status) == ("reference", CaseStatus.OK)
    equal = good.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert (equal.value, equal.n) == (1, 1)
