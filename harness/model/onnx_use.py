"""One node of an ONNX graph under conversion: its operands, and where its result goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Quantization
from harness.errors import UnsupportedOperator
from harness.model.onnx_device import DeviceNetwork, Placed, alike
from harness.model.onnx_file import Graph, Node
from harness.model.onnx_values import Activation, Constant, Value, channels_last

if TYPE_CHECKING:
    from harness.model.onnx_network import Conversion

QUANTIZE_ALL = (
    "Quantise the whole model to QDQ with int8 (onnxruntime.quantization.quantize_static)."
)


class UnknownOperand(Exception):
    """An operand whose own node was refused: nothing more is said of it."""


@dataclass(frozen=True)
class NodeUse:
    """A node, and the conversion it is part of."""

    node: Node
    conversion: Conversion

    @property
    def graph(self) -> Graph:
        """The graph of the node."""
        return self.conversion.graph

    @property
    def device(self) -> DeviceNetwork:
        """The network that is being built."""
        return self.conversion.device

    def refused(self, reason: str, hint: str) -> UnsupportedOperator:
        """The error for a node that cannot be converted."""
        where = f"{self.graph.path}, node {self.node.name} ({self.node.kind})"
        return UnsupportedOperator(reason, where=where, hint=hint)

    def option(self, name: str, default: Any) -> Any:
        """An attribute."""
        return self.node.attributes.get(name, default)

    def given(self, position: int) -> bool:
        """Whether there is an input at `position`."""
        return position < len(self.node.inputs) and self.node.inputs[position] != ""

    def either(self, position: int) -> Value:
        """An input, constant or not."""
        if not self.given(position):
            raise self.refused(f"input {position} is absent", "Export the model again.")
        return self.conversion.value(self.node.inputs[position], self)

    def activation(self, position: int = 0) -> Activation:
        """An input that is computed while the model runs."""
        value = self.either(position)
        if isinstance(value, Constant):
            raise self.refused(
                f"input {position} `{self.node.inputs[position]}` is a constant",
                "Fold constants before quantising (quant_pre_process).",
            )
        return value

    def constant(self, position: int, meaning: str) -> Constant:
        """An input that must be a constant; `meaning` names it in the error."""
        value = self.either(position)
        if not isinstance(value, Constant):
            raise self.refused(
                f"the {meaning} `{self.node.inputs[position]}` is computed while the model runs",
                "Export the model with it as a constant.",
            )
        return value

    def numbers(self, position: int, attribute: str, meaning: str) -> list[int] | None:
        """Integers that are an attribute in old models and an input in new ones; None if absent."""
        if self.given(position):
            return [int(v) for v in self.constant(position, meaning).array.ravel()]
        found = self.option(attribute, None)
        return None if found is None else [int(v) for v in found]

    def shape(self, name: str = "") -> tuple[int, ...]:
        """The shape of the first output, or of a value."""
        name = name or self.node.outputs[0]
        if name not in self.graph.shapes:
            raise self.refused(
                f"the shape of `{name}` is not known before the model runs",
                "Export the model with fixed shapes, and simplify it (quant_pre_process).",
            )
        return self.graph.shapes[name]

    def placed(self, x: Activation) -> Placed:
        """The tensor of an activation."""
        return Placed(x.index, x.device_shape, x.quantization)

    def laid_out(self, x: Activation, order: Sequence[int]) -> Activation:
        """`x` with its axes in `order` on the device, and its columns in ONNX's."""
        if x.columns is not None:
            raise self.refused(
                "the columns of its input lie in the device's order", "Export the model again."
            )
        if x.order == tuple(order):
            return x
        moved = self.device.transposed(self.placed(x), [x.order.index(axis) for axis in order])
        return replace(x, index=moved.index, order=tuple(order))

    def image(self, position: int = 0) -> Placed:
        """An input with its channels last, and a height of 1 where it has only a width."""
        x = self.activation(position)
        if len(x.shape) not in (3, 4):
            raise self.refused(
                f"the input has {len(x.shape)} dimensions; 3 and 4 are supported",
                "Build the model of two-dimensional operators.",
            )
        placed = self.placed(self.laid_out(x, channels_last(len(x.shape))))
        if len(x.shape) == 4:
            return placed
        n, width, channels = placed.shape
        return self.device.reshaped(placed, (n, 1, width, channels))

    def write_image(self, operator: str, inputs: Sequence[int], **more: Any) -> None:
        """As `write`, for an output with channels last; a height of 1 goes where it came from."""
        rank = len(self.shape())
        order = channels_last(rank)
        shape = [self.shape()[axis] for axis in order]
        through = tuple(shape) if rank == 4 else (shape[0], 1, *shape[1:])
        self.write(operator, inputs, order=order, through=through, **more)

    def write(
        self,
        operator: str,
        inputs: Sequence[int],
        *,
        order: Sequence[int],
        own: Quantization | None = None,
        fuses: bool = False,
        through: Sequence[int] | None = None,
        columns: tuple[int, ...] | None = None,
        output: int = 0,
        **options: Any,
    ) -> None:
        """Add the operator that computes an output of the node.

        Args:
            operator: TensorFlow Lite's name.
            inputs: tensors of the device.
            order: of the output's axes on the device.
            own: what the operator's output must be quantised as, whatever the graph asks for.
            fuses: whether an activation behind it becomes part of it.
            through: the shape that the operator gives, where that differs from the output's.
            columns: see `Activation`.
            output: which output of the node.
            options: the operator's, by the schema's names.
        """
        name = self.node.outputs[output]
        shape = self.shape(name)
        goes_to = self.conversion.destination(name, fuses)
        kept = own or goes_to.quantization
        if kept is None:
            raise self.refused(f"its output `{name}` is not quantised", QUANTIZE_ALL)
        device_shape = tuple(shape[axis] for axis in order)
        result = self.device.tensor(through or device_shape, kept, goes_to.name)
        if goes_to.activation is not None:
            options["fused_activation_function"] = goes_to.activation
        self.device.operator(operator, inputs, [result.index], **options)
        result = self.device.reshaped(result, device_shape)
        if goes_to.quantization is not None:
            result = self.device.requantized(result, goes_to.quantization, goes_to.name)
        value = Activation(result.index, shape, tuple(order), result.quantization, columns)
        self.conversion.define(value, name, goes_to.name)

    def keep(self, value: Activation) -> None:
        """Make the output what is there already, requantised where the graph asks for it."""
        goes_to = self.conversion.destination(self.node.outputs[0], fuses=False)
        wanted = goes_to.quantization
        if wanted is not None and not alike(wanted, value.quantization):
            moved = self.device.requantized(self.placed(value), wanted, goes_to.name)
            value = replace(value, index=moved.index, quantization=moved.quantization)
        self.conversion.define(value, self.node.outputs[0])

    def weights(self, position: int, meaning: str) -> tuple[NDArray[np.int8], Quantization]:
        """Constant codes around 0 in ONNX's order of axes, and their scales.

        Raises:
            UnsupportedOperator: not 8 bits wide, or too far from their zero point for int8.
        """
        constant = self.constant(position, meaning)
        quantization = constant.quantization
        if quantization is None or constant.array.dtype != np.int8:
            kind = "real numbers" if quantization is None else constant.array.dtype.name
            raise self.refused(f"the {meaning} are {kind}, not int8", QUANTIZE_ALL)
        if not any(quantization.zero_points):
            return constant.array, quantization
        zeros = np.asarray(quantization.zero_points)
        if len(set(quantization.zero_points)) > 1:
            shape = [1] * constant.array.ndim
            shape[quantization.axis] = len(zeros)
            zeros = zeros.reshape(shape)
        else:
            zeros = zeros[:1].reshape([1] * constant.array.ndim)
        centred = constant.array.astype(np.int64) - zeros
        if centred.min() < -128 or centred.max() > 127:
            raise self.refused(
                f"the {meaning} have a zero point, around which they do not fit into int8",
                "Quantise the weights symmetrically (QuantType.QInt8, WeightSymmetric).",
            )
        return centred.astype(np.int8), replace(
            quantization, zero_points=(0,) * len(quantization.zero_points)
        )
