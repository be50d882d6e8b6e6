"""What the engine adds to the kernels: instructions, arena and code, against fixed bars."""

from pathlib import Path

import pytest
from builders.engine_overhead import engine_overhead, planned

from harness import assembly, catalog

KWS = "models/mlperf-tiny/kws_ref_model.tflite"
RESNET = "models/mlperf-tiny/pretrainedResnet_quant.tflite"
TARGET = "mps2-an500"
FLASH_LIMIT = 32 * 1024


@pytest.mark.parametrize(("model", "bar"), [(KWS, 0.0006), (RESNET, 0.0002)], ids=["kws", "ic"])
def test_engine_overhead_in_instructions(test_data: Path, model: str, bar: float) -> None:
    overhead = engine_overhead(test_data / model, TARGET)
    assert overhead.outputs_equal
    assert 0 <= overhead.share <= bar, overhead


@pytest.mark.parametrize("model", [KWS, RESNET], ids=["kws", "ic"])
def test_arena_is_close_to_its_lower_bound(test_data: Path, model: str) -> None:
    image = planned(test_data / model, TARGET, "cmsis-nn")
    assert any(image.scratch), "the kernels of CMSIS-NN need scratch"
    assert image.arena_lower_bound <= image.arena_bytes <= 1.05 * image.arena_lower_bound


def test_firmware_code_with_all_operators_fits_its_budget() -> None:
    firmware = assembly.rig().build(
        catalog.target(TARGET), catalog.kernel_set("cmsis-nn"), catalog.build_variant("O2"), print
    )
    assert firmware.flash_bytes <= FLASH_LIMIT
