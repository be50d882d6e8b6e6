"""What a shape of each operator takes in a file of shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Keys:
    """What a shape of an operator takes beside `op`, `input` and `batch`.

    `ranks` are the fewest and the most sizes its input has; `per_channel` is the default.
    """

    needed: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    ranks: tuple[int, int] = (1, 3)
    per_channel: bool = False


_IMAGE = (3, 3)
_ACTIVATION = Keys(taken=frozenset({"activation"}))
_WINDOW = frozenset({"kernel", "stride", "padding", "activation"})
_WEIGHTS = frozenset({"output", "activation", "per_channel"})
_POOL = Keys(frozenset({"kernel"}), _WINDOW, _IMAGE)
_STRIDE, _KERNEL, _OUTPUT = (frozenset({key}) for key in ("stride", "kernel", "output"))

KEYS: Mapping[str, Keys] = {
    "ADD": _ACTIVATION,
    "AVERAGE_POOL_2D": _POOL,
    "BATCH_MATMUL": Keys(_OUTPUT, _OUTPUT, (2, 3)),
    "CONCATENATION": Keys(_OUTPUT, _OUTPUT),
    "CONV_2D": Keys(_OUTPUT | _KERNEL, _WINDOW | _WEIGHTS | {"dilation"}, _IMAGE, True),
    "DEPTHWISE_CONV_2D": Keys(_KERNEL, _WINDOW | _WEIGHTS | {"dilation"}, _IMAGE, True),
    "FULLY_CONNECTED": Keys(_OUTPUT, _WEIGHTS, (1, 1)),
    "HARD_SWISH": Keys(),
    "LEAKY_RELU": Keys(),
    "LOGISTIC": Keys(),
    "MAXIMUM": Keys(),
    "MAX_POOL_2D": _POOL,
    "MEAN": Keys(ranks=_IMAGE),
    "MINIMUM": Keys(),
    "MUL": _ACTIVATION,
    "PAD": Keys(_KERNEL, _KERNEL, _IMAGE),
    "RELU": Keys(),
    "RELU6": Keys(),
    "RESIZE_NEAREST_NEIGHBOR": Keys(_STRIDE, _STRIDE, _IMAGE),
    "SOFTMAX": Keys(),
    "STRIDED_SLICE": Keys(_STRIDE, _STRIDE, _IMAGE),
    "SUB": _ACTIVATION,
    "TANH": Keys(),
    "TRANSPOSE": Keys(ranks=(2, 3)),
    "TRANSPOSE_CONV": Keys(
        _OUTPUT | _KERNEL,
        _OUTPUT | _KERNEL | {"stride", "padding", "per_channel"},
        _IMAGE,
        True,
    ),
}
