"""Resize of images to the nearest pixel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.model.onnx_use import NodeUse

KIND = "Resize"
_Reals = NDArray[np.float64]
_ROUNDED: dict[str, Callable[[_Reals], _Reals]] = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def convert(use: NodeUse) -> None:
    """RESIZE_NEAREST_NEIGHBOR, where that takes the same pixels as the node."""
    mode = use.option("mode", "nearest")
    if mode != "nearest":
        raise use.refused(
            f"it interpolates ({mode})", "Build the model with nearest-neighbour resizing."
        )
    x = use.image()
    size = (1, 1, *use.shape()[2:])[-2:]
    for before, after in zip(x.shape[1:3], size, strict=True):
        if not np.array_equal(_positions(use, before, after), np.arange(after) * before // after):
            raise use.refused(
                f"from {before} to {after} pixels it takes others than asymmetric and floor would",
                "Export it with coordinates asymmetric, rounded to floor.",
            )
    use.write_image(
        "RESIZE_NEAREST_NEIGHBOR", [x.index, use.device.integers(size)], own=x.quantization
    )


def _positions(use: NodeUse, before: int, after: int) -> NDArray[np.float64]:
    """Input positions of output positions, as ONNX's Resize defines them; -1 where unknown."""
    mode = use.option("coordinate_transformation_mode", "half_pixel")
    rounding = _ROUNDED.get(use.option("nearest_mode", "round_prefer_floor"))
    at, scale = np.arange(after, dtype=np.float64), after / before
    by_mode = {
        "half_pixel": (at + 0.5) / scale - 0.5,
        "pytorch_half_pixel": (at + 0.5) / scale - 0.5 if after > 1 else np.zeros(1),
        "asymmetric": at / scale,
        "align_corners": at * (before - 1) / max(after - 1, 1),
    }
    if rounding is None or mode not in by_mode:
        return np.full(after, -1.0)
    positions: NDArray[np.float64] = np.clip(rounding(by_mode[mode]), 0, before - 1)
    return positions
