"""Pad with a constant."""

from __future__ import annotations

from harness.model.onnx_device import codes_of
from harness.model.onnx_use import NodeUse

KIND = "Pad"


def convert(use: NodeUse) -> None:
    """PAD with zeros, PADV2 with another constant; negative padding is refused."""
    x = use.activation(0)
    mode = use.option("mode", "constant")
    pads = use.numbers(1, "pads", "padding")
    rank = len(x.shape)
    if mode != "constant" or pads is None or len(pads) != 2 * rank or use.given(3):
        raise use.refused(
            f"it pads in mode {mode}, or only some axes", "Pad all axes with a constant."
        )
    if min(pads) < 0:
        raise use.refused("a padding is negative", "Build the model with Slice instead.")
    real = float(use.option("value", 0.0))
    if use.given(2):
        real = float(use.constant(2, "value").real().ravel()[0])
    if x.columns is not None:
        x = use.laid_out(x, x.order)
    code = codes_of(real, x.quantization)
    both = [(pads[axis], pads[axis + rank]) for axis in x.order]
    is_zero = code == x.quantization.zero_points[0]
    inputs = [x.index, use.device.integers(both)]
    if not is_zero:
        inputs.append(use.device.one_code(code, x.quantization))
    use.write("PAD" if is_zero else "PADV2", inputs, order=x.order, own=x.quantization)
