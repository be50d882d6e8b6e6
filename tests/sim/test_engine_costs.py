"""What the engine adds to the kernels: instructions, arena and code, against fixed bars."""

from pathlib import Path

import pytest
from builders.engine_overhead import engine_overhead, planned

from harness import assembly, catalog

KWS = "models/mlperf-tiny/kws_ref_model.tflite"
RESNET = "models/mlperf-tiny/pretrainedResnet_quant.tflite"
VWW = "models/mlperf-tiny/vww_96_int8.tflite"
AUTOENCODER = "models/mlperf-tiny/ad01_int8.tflite"
WAKE_WORD = "models/mlperf-tiny/str_ww_ref_model.tflite"
TARGET, HELIUM = "mps2-an500", "mps3-an547"
# 32 KiB as long as ADD did not broadcast, and an operator's tensors were int8 without exception.
FLASH_LIMIT = 33 * 1024
# All operators in all types.
WHOLE_FLASH_LIMIT = 104 * 1024
TEXT_LIMIT = 3 * 1024


@pytest.mark.parametrize(("model", "bar"), [(KWS, 0.0006), (RESNET, 0.0002)], ids=["kws", "ic"])
def test_engine_overhead_in_instructions(test_data: Path, model: str, bar: float) -> None:
    overhead = engine_overhead(test_data / model, TARGET)
    assert overhead.outputs_equal
    assert 0 <= overhead.share <= bar, overhead


@pytest.mark.parametrize(
    ("target", "model", "bar"),
    [(TARGET, RESNET, 2.45), (HELIUM, RESNET, 0.45), (HELIUM, AUTOENCODER, 0.75)],
    ids=["m7-ic", "helium-ic", "helium-ad"],
)
def test_instructions_per_mac(test_data: Path, target: str, model: str, bar: float) -> None:
    overhead = engine_overhead(test_data / model, target)
    macs = planned(test_data / model, target, "cmsis-nn").macs
    assert overhead.outputs_equal
    assert overhead.engine / macs <= bar
    assert overhead.share <= 0.02


@pytest.mark.parametrize("target", [TARGET, HELIUM])
@pytest.mark.parametrize(
    "model", [KWS, RESNET, VWW, AUTOENCODER, WAKE_WORD], ids=["kws", "ic", "vww", "ad", "ww"]
)
def test_arena_is_close_to_its_lower_bound(test_data: Path, model: str, target: str) -> None:
    image = planned(test_data / model, target, "cmsis-nn")
    # The autoencoder has dense layers only.
    assert any(image.scratch) == (model != AUTOENCODER)
    assert image.arena_lower_bound <= image.arena_bytes <= 1.05 * image.arena_lower_bound


def flash_bytes(variant: str) -> int:
    """Of the firmware of a build variant."""
    chosen = catalog.target(TARGET), catalog.kernel_set("cmsis-nn")
    return assembly.rig().build(*chosen, catalog.build_variant(variant), print).flash_bytes


def test_firmware_code_with_eight_operators_fits_its_budget() -> None:
    assert flash_bytes("eight-operators") <= FLASH_LIMIT


def test_firmware_code_with_all_operators_fits_its_budget() -> None:
    assert flash_bytes("frames-only") <= WHOLE_FLASH_LIMIT


def test_the_text_protocol_fits_its_own_budget() -> None:
    assert 0 < flash_bytes("O2") - flash_bytes("frames-only") <= TEXT_LIMIT
