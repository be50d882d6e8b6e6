"""One operator in its network: its tensors, checked, and the errors that name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.domain.network import DType, Network, Operator, Tensor
from harness.errors import BadModel, UnsupportedOperator
from harness.model.tflite_bounds import CONVERT_AGAIN

ABSENT = -1
INT8_MIN, INT8_MAX = -128, 127
_NAME_LENGTH = 60
_INT8 = (DType.INT8,)


@dataclass(frozen=True)
class OperatorUse:
    """An operator and the network it is part of."""

    network: Network
    operator: Operator

    @property
    def where(self) -> str:
        """The file, and the operator in it."""
        return f"{self.network.source}, operator {self.operator.index} {self.operator.name}"

    def unsupported(self, reason: str, hint: str) -> UnsupportedOperator:
        """The error for a use of the operator that is not supported, naming its tensors."""
        return UnsupportedOperator(f"{reason} ({self.tensors()})", where=self.where, hint=hint)

    def broken(self, reason: str) -> BadModel:
        """The error for an operator that contradicts its own tensors."""
        return BadModel(f"{reason} ({self.tensors()})", where=self.where, hint=CONVERT_AGAIN)

    def tensors(self) -> str:
        """All inputs and outputs in words: name, element type, shape."""
        inputs = ", ".join(self._describe(index) for index in self.operator.inputs)
        outputs = ", ".join(self._describe(index) for index in self.operator.outputs)
        return f"inputs: {inputs or 'none'}; outputs: {outputs or 'none'}"

    def _describe(self, index: int) -> str:
        return "absent" if index == ABSENT else describe(self.network.tensors[index])

    def option(self, name: str, default: int) -> int:
        """An option of the operator that is an integer, an enumeration or a flag."""
        return int(self.operator.options.get(name, default))

    def real_option(self, name: str, default: float) -> float:
        """An option of the operator that is a real number."""
        return float(self.operator.options.get(name, default))

    def positive_option(self, name: str, default: int = 0) -> int:
        """An option of the operator that must be 1 or more; `default` is the schema's."""
        value = self.option(name, default)
        if value < 1:
            raise self.broken(f"`{name}` is {value}, not 1 or more")
        return value

    def input(self, position: int) -> Tensor:
        """An input of the operator, whatever its element type."""
        inputs = self.operator.inputs
        if position >= len(inputs) or inputs[position] == ABSENT:
            raise self.broken(f"input {position} is absent")
        return self.network.tensors[inputs[position]]

    def activation(self, position: int, *types: DType) -> Tensor:
        """An input of the operator, int8 or one of `types`."""
        return self._typed(self.input(position), types or _INT8)

    def state(self, position: int, *types: DType) -> Tensor:
        """A variable that the operator reads and writes, of one of `types`."""
        tensor = self._typed(self.input(position), types)
        if not tensor.variable:
            raise self.broken(f"the state {describe(tensor)} is not a variable")
        return tensor

    def weights(self, position: int, *types: DType) -> Tensor:
        """A constant input of the operator, int8 or one of `types`."""
        tensor = self._typed(self.input(position), types or _INT8)
        if tensor.data is None:
            raise self.unsupported(
                f"the weights {describe(tensor)} are computed while the model runs",
                "Convert the model with constant weights.",
            )
        return tensor

    def bias(self, position: int, channels: int, dtype: DType = DType.INT32) -> Tensor | None:
        """The constant bias with one value per channel, or None where it is absent."""
        inputs = self.operator.inputs
        if position >= len(inputs) or inputs[position] == ABSENT:
            return None
        tensor = self.input(position)
        if tensor.dtype is not dtype or tensor.data is None:
            raise self.unsupported(
                f"the bias {describe(tensor)} is not a constant of type {dtype.name.lower()}",
                "Quantise the model to full int8.",
            )
        if tensor.elements != channels:
            raise self.broken(
                f"the bias {describe(tensor)} has {tensor.elements} values for {channels} channels"
            )
        return tensor

    def result(self) -> Tensor:
        """The one output of the operator, whatever its element type."""
        if len(self.operator.outputs) != 1:
            raise self.broken(f"there are {len(self.operator.outputs)} outputs instead of one")
        return self.network.tensors[self.operator.outputs[0]]

    def output(self, *types: DType) -> Tensor:
        """The one output of the operator, an activation that is int8 or one of `types`."""
        return self._written(self.result(), types or _INT8)

    def outputs(self, *types: DType) -> tuple[Tensor, ...]:
        """All outputs of the operator, activations that are int8 or one of `types`."""
        if not self.operator.outputs:
            raise self.broken("there are no outputs")
        tensors = [self.network.tensors[index] for index in self.operator.outputs]
        return tuple(self._written(tensor, types or _INT8) for tensor in tensors)

    def per_tensor(self, tensor: Tensor) -> tuple[float, int]:
        """Scale and zero point of a quantised tensor that has one of each."""
        quantization = tensor.quantization
        if quantization is None or quantization.per_channel:
            found = "none" if quantization is None else f"{len(quantization.scales)} scales"
            raise self.unsupported(
                f"{describe(tensor)} needs one scale and zero point and has {found}",
                "Quantise the model to full int8.",
            )
        return self._positive(tensor, quantization.scales[0]), self._zero_point(
            tensor, quantization.zero_points[0]
        )

    def channel_scales(self, tensor: Tensor, axis: int) -> tuple[float, ...]:
        """The scales of symmetric weights: one, or one per index of `axis`."""
        quantization = tensor.quantization
        if quantization is None:
            raise self.unsupported(
                f"the weights {describe(tensor)} have no scale", "Quantise the model to full int8."
            )
        if any(quantization.zero_points):
            raise self.unsupported(
                f"the weights {describe(tensor)} have a zero point other than 0",
                "Quantise the weights symmetrically.",
            )
        if quantization.per_channel:
            self._check_axis(tensor, quantization.axis, axis, len(quantization.scales))
        return quantization.scales

    def _check_axis(self, tensor: Tensor, found: int, wanted: int, scales: int) -> None:
        if found != wanted or scales != tensor.shape[wanted]:
            raise self.broken(
                f"the weights {describe(tensor)} have {scales} scales along axis {found}; "
                f"{tensor.shape[wanted]} along axis {wanted} are needed"
            )

    def _positive(self, tensor: Tensor, scale: float) -> float:
        if scale <= 0:
            raise self.broken(f"the scale of {describe(tensor)} is {scale}")
        return scale

    def _zero_point(self, tensor: Tensor, zero_point: int) -> int:
        if tensor.dtype is DType.INT16 and zero_point != 0:
            raise self.broken(f"the zero point of {describe(tensor)} is {zero_point}, not 0")
        unsigned = tensor.dtype is DType.UINT8
        if not INT8_MIN <= zero_point - 128 * unsigned <= INT8_MAX:
            kind = "a uint8" if unsigned else "an int8"
            raise self.broken(f"the zero point of {describe(tensor)} is {zero_point}, not {kind}")
        return zero_point

    def _written(self, tensor: Tensor, types: Sequence[DType]) -> Tensor:
        if tensor.data is not None:
            raise self.broken(f"the output {describe(tensor)} is a constant")
        return self._typed(tensor, types)

    def _typed(self, tensor: Tensor, types: Sequence[DType]) -> Tensor:
        if tensor.dtype not in types:
            known = " or ".join(dtype.name.lower() for dtype in types)
            raise self.unsupported(
                f"{describe(tensor)} is not {known}",
                "Quantise the model to full int8 (input and output int8).",
            )
        return tensor


def describe(tensor: Tensor) -> str:
    """A tensor in words: name, element type, shape."""
    name = tensor.name[:_NAME_LENGTH] or f"#{tensor.index}"
    return f"`{name}` {tensor.dtype.name.lower()} {list(tensor.shape)}"
