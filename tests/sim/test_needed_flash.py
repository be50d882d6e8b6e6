"""The flash that a model's operators need, against a firmware that is linked with them alone."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

import pytest
from devices.mps2_firmware import needs_qemu

from harness import assembly, catalog
from harness.bench.needed_flash import needed_flash
from harness.build import linked_kernels
from harness.domain.firmware import Firmware
from harness.domain.measurement import Measurement
from harness.model import compile_image, read_tflite

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
MODEL = "lenet-digits"
ITS_OPERATORS = ("conv_2d", "fully_connected", "max_pool_2d", "reshape", "softmax")
# Names of the other kernels, as strings, and padding behind their functions.
PADDING_SHARE = 0.05


def built(board: str, kernels: str, operators: Sequence[str] = ()) -> Firmware:
    variant = catalog.build_variant("O2")
    if operators:
        variant = replace(variant, id="five", operators=tuple(operators))
    return assembly.rig().build(
        catalog.target(board), catalog.kernel_set(kernels), variant, lambda text: None
    )


def test_it_is_that_of_a_firmware_with_them_alone() -> None:
    board = "mps2-an500"
    whole = built(board, "cmsis-nn")
    image = compile_image(read_tflite(catalog.resolve_model(MODEL).path))
    found = needed_flash(whole, linked_kernels(whole), image.operators, catalog.target(board))
    really = built(board, "cmsis-nn", ITS_OPERATORS).flash_bytes
    assert isinstance(found, Measurement)
    assert really <= found.value <= really * (1 + PADDING_SHARE)
    assert found.value < whole.flash_bytes / 3
