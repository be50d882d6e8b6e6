"""Softmax over one axis."""

from __future__ import annotations

from harness.domain.network import Quantization
from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import natural

KIND = "Softmax"
_PRESCRIBED = Quantization((1 / 256,), (-128,))


def convert(use: NodeUse) -> None:
    """SOFTMAX over the last axis, with the output that TensorFlow Lite prescribes.

    Before opset 13, all axes from `axis` on count as one.
    """
    x = use.activation(0)
    rank, new = len(x.shape), use.graph.opset >= 13
    axis = int(use.option("axis", -1 if new else 1)) % rank
    if not new and any(size != 1 for size in x.shape[axis + 1 :]):
        raise use.refused(
            f"it goes over all axes from {axis} on", "Export the model with opset 13 or later."
        )
    order = (*(one for one in natural(rank) if one != axis), axis)
    x = use.laid_out(x, order)
    use.write("SOFTMAX", [x.index], order=order, own=_PRESCRIBED, beta=1.0)
