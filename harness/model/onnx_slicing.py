"""Parts of a tensor."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import Activation


def sliced(use: NodeUse, x: Activation, ranges: Sequence[range], output: int = 0) -> None:
    """STRIDED_SLICE of the indices that `ranges` has for each of ONNX's axes.

    Raises:
        UnsupportedOperator: nothing is left along an axis.
    """
    if x.columns is not None:
        x = use.laid_out(x, x.order)
    if any(not one for one in ranges):
        raise use.refused("nothing is left of an axis", "Export the model again.")
    on_device = [ranges[axis] for axis in x.order]
    # Backwards to the first element, the end lies before it: -1 would stand for the last one.
    ends = [
        one.stop if one.stop >= 0 else -size - 1
        for one, size in zip(on_device, x.device_shape, strict=True)
    ]
    bounds = [[one.start for one in on_device], ends, [one.step for one in on_device]]
    use.write(
        "STRIDED_SLICE",
        [x.index, *map(use.device.integers, bounds)],
        order=x.order,
        own=x.quantization,
        output=output,
    )
