"""Concat of activations along an axis."""

from __future__ import annotations

from harness.model.onnx_use import QUANTIZE_ALL, NodeUse

KIND = "Concat"


def convert(use: NodeUse) -> None:
    """CONCATENATION, of inputs brought to the scale of the output."""
    parts = [use.activation(i) for i in range(len(use.node.inputs))]
    order = parts[0].order
    wanted = use.conversion.destination(use.node.outputs[0], fuses=False).quantization
    own = wanted or parts[0].quantization
    if wanted is None and any(part.quantization != own for part in parts):
        raise use.refused(f"its output `{use.node.outputs[0]}` is not quantised", QUANTIZE_ALL)
    laid = [use.placed(use.laid_out(part, order)) for part in parts]
    indices = [use.device.requantized(part, own).index for part in laid]
    axis = order.index(int(use.option("axis", 0)) % len(order))
    use.write("CONCATENATION", indices, order=order, own=own, axis=axis)
