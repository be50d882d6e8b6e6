"""Sliding windows of ONNX as TensorFlow Lite's SAME or VALID, padded before where it is neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.model.onnx_device import Placed
from harness.model.onnx_use import NodeUse
from harness.model.window import VALID, reach_of, slide

Pads = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class OnnxWindow:
    """Filter, strides, dilations and pads over height and width; a height of 1 for one axis."""

    filter: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: Pads

    @property
    def options(self) -> dict[str, Any]:
        """Strides by the schema's names."""
        return {"stride_h": self.strides[0], "stride_w": self.strides[1]}


def window_of(use: NodeUse, x: Placed, kernel: tuple[int, ...]) -> OnnxWindow:
    """The window of a node over `x` [n, h, w, c]; `kernel` has one or two sizes.

    Raises:
        UnsupportedOperator: an attribute of another rank, or a negative padding.
    """
    rank = len(kernel)
    strides, dilations = (_pair(use, name, rank) for name in ("strides", "dilations"))
    sizes = (1, *kernel)[-2:]
    given = [int(pad) for pad in use.option("pads", [0] * 2 * rank)]
    if len(given) != 2 * rank or min(given) < 0:
        raise use.refused(f"the padding {given} is not supported", "Build the model without it.")
    before, after = (0, *given[:rank])[-2:], (0, *given[rank:])[-2:]
    pads = ((before[0], after[0]), (before[1], after[1]))
    mode = use.option("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        first, second = (
            _same(x.shape[1 + i], sizes[i], strides[i], dilations[i], mode) for i in (0, 1)
        )
        pads = first, second
    elif mode == "VALID":
        pads = ((0, 0), (0, 0))
    return OnnxWindow((sizes[0], sizes[1]), strides, dilations, pads)


def fitted(
    use: NodeUse, x: Placed, window: OnnxWindow, outputs: tuple[int, ...], code: int | None = None
) -> tuple[Placed, str]:
    """The input and the padding, SAME or VALID, that give `outputs` positions.

    Args:
        use: the node.
        x: [n, h, w, c].
        window: what slides over it.
        outputs: positions along height and width.
        code: what pads, real zeros where None.

    Raises:
        UnsupportedOperator: the window would reach beyond the padding (ceil_mode).
    """
    each = list(zip(x.shape[1:3], window.filter, window.strides, window.dilations, strict=True))
    if window.pads == ((0, 0), (0, 0)) and outputs == tuple(
        slide(*axis, VALID).output for axis in each
    ):
        return x, "VALID"
    if window.pads == tuple(_same(*axis, "SAME_UPPER") for axis in each) and outputs == tuple(
        -(-size // stride) for size, _, stride, _ in each
    ):
        return x, "SAME"
    pads = []
    for (size, kernel, stride, dilation), pair, output in zip(
        each, window.pads, outputs, strict=True
    ):
        needed = (output - 1) * stride + reach_of(kernel, dilation)
        missing = needed - size - sum(pair)
        if missing > 0 and code is None:
            raise use.refused(
                "its last window reaches beyond the padding (ceil_mode)",
                "Build the model with ceil_mode 0.",
            )
        pads.append((pair[0], pair[1] + max(missing, 0)))
    return use.device.padded(x, [(0, 0), *pads, (0, 0)], code), "VALID"


def _pair(use: NodeUse, name: str, rank: int) -> tuple[int, int]:
    values = [int(value) for value in use.option(name, [1] * rank)]
    if len(values) != rank or min(values) < 1:
        raise use.refused(f"`{name}` is {values}", "Export the model again.")
    first, second = (1, *values)[-2:]
    return first, second


def _same(size: int, kernel: int, stride: int, dilation: int, mode: str) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + reach_of(kernel, dilation) - size, 0)
    smaller, larger = total // 2, total - total // 2
    return (smaller, larger) if mode == "SAME_UPPER" else (larger, smaller)
