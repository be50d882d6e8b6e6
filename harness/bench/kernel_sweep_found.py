"""An operator of a network, as the sweeps read a shape from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.domain.network import DType, Network, Operator, Tensor
from harness.domain.operator_shape import OperatorShape, Pair, ShapeRule, Sizes

_PADDING = {0: "SAME", 1: "VALID"}
_ACTIVATION = {0: "NONE", 1: "RELU", 3: "RELU6"}


@dataclass(frozen=True)
class Found:
    """An operator of a network; `x_at` is the position of the input that a shape tells."""

    network: Network
    operator: Operator
    x_at: int = 0

    def tensor(self, position: int) -> Tensor:
        """The input at a position."""
        return self.network.tensors[self.operator.inputs[position]]

    @property
    def x(self) -> Tensor:
        """The input that a shape tells."""
        return self.tensor(self.x_at)

    @property
    def y(self) -> Tensor:
        """The first output."""
        return self.network.tensors[self.operator.outputs[0]]

    @property
    def alike(self) -> bool:
        """Whether all inputs have one shape: a sweep has no broadcast."""
        shapes = {self.network.tensors[at].shape for at in self.operator.inputs if at >= 0}
        return len(shapes) == 1

    @property
    def pixels(self) -> tuple[Pair, Pair] | None:
        """Height and width of input and output, where both are images."""
        if not len(self.x.shape) == len(self.y.shape) == 4:
            return None
        (_, x_h, x_w, _), (_, y_h, y_w, _) = self.x.shape, self.y.shape
        return (x_h, x_w), (y_h, y_w)

    @property
    def weights(self) -> dict[str, Any]:
        """What the weights at position 1 tell: window, scales per channel, and outputs."""
        weights = self.tensor(1)
        scales = weights.quantization.scales if weights.quantization else ()
        return {
            "kernel": (weights.shape[1], weights.shape[-2]),
            "per_channel": len(scales) > 1,
            "output": self.y.shape[-1],
        }

    def shape(self, rule: ShapeRule, **more: Any) -> OperatorShape | None:
        """The shape that sizes and options tell, but for what is `more`; None unless of int8."""
        if self.x.dtype is not DType.INT8:
            return None
        batch, sizes = _batched(self.x.shape)
        options = self.operator.options
        told: dict[str, Any] = {
            "input": sizes,
            "batch": batch,
            "kernel": _pair(options, "filter_height", "filter_width"),
            "stride": _pair(options, "stride_h", "stride_w"),
            "dilation": _pair(options, "dilation_h_factor", "dilation_w_factor"),
            "padding": _PADDING.get(options.get("padding", 0), "SAME"),
            "activation": _ACTIVATION.get(options.get("fused_activation_function", 0), "NONE"),
        }
        return OperatorShape(rule, **(told | more))

    def whole(self, shape: OperatorShape | None, ranks: Pair | None = None) -> OperatorShape | None:
        """The shape if it tells all sizes: `ranks` (else the rule's), and those of the output."""
        if shape is None:
            return None
        fewest, most = ranks or shape.rule.ranks
        if not fewest <= len(shape.input) <= most:
            return None
        return shape if self.y.shape == (shape.batch, *shape.output_shape) else None


def _batched(sizes: Sizes) -> tuple[int, Sizes]:
    return (sizes[0], sizes[1:]) if len(sizes) > 1 else (1, sizes)


def _pair(options: Mapping[str, Any], height: str, width: str) -> Pair:
    return int(options.get(height, 1)), int(options.get(width, 1))
