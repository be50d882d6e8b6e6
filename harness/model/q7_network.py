"""Layers of 8-bit integers with power-of-two scales as a network: operators of their own.

Their opcodes lie apart from TensorFlow Lite's (`firmware/IMAGE.md`), because they round, truncate
and saturate in their own way: as CMSIS-NN's q7 kernels did, which it no longer has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from harness.domain.network import DType, Network, Operator, Quantization, Tensor
from harness.model.openmv_layers import (
    Q7,
    BlobShape,
    Convolution,
    Data,
    InnerProduct,
    Layer,
    Pool,
    PoolKind,
    Relu,
)


class Q7Opcode(IntEnum):
    """What the image calls them; the name is the operator's."""

    DATA_Q7 = 0xF0
    CONV_2D_Q7 = 0xF1
    RELU_Q7 = 0xF2
    MAX_POOL_2D_Q7 = 0xF3
    AVERAGE_POOL_2D_Q7 = 0xF4
    FULLY_CONNECTED_Q7 = 0xF5


def input_shift_mended(data: Data) -> Data:
    """A data layer with the shift that its converter should have written.

    `nn_convert.py` wrote 8 - f for inputs of f fraction bits, where the firmware, which computes
    ((p - mean) << 7) >> shift, needs 7 - f: one too large. Bytes have f of 0 and below, and up to 3
    above that where the search for formats lets them saturate; a larger f tells that Caffe scaled
    its inputs by 1/256, as its examples do, and that is another 8.
    """
    fraction_bits = 8 - data.shift
    scaled = 8 if fraction_bits > 3 else 0
    return replace(data, shift=max(0, 7 - fraction_bits + scaled))


def q7_network(
    layers: Sequence[Layer],
    *,
    name: str,
    source: str,
    source_sha256: str,
    host_preprocessing: bool = False,
) -> Network:
    """The network of `layers`, the first of which is Data.

    The input has uint8 pixels, shape (1, h, w, c). With `host_preprocessing` it is what Data makes
    of them: int8 with scale 2^(shift - 7), so that a data set's `mean=` and `scale=1` apply; halves
    are then rounded as data sets round them, away from zero, where Data rounds them up.
    """
    data, *rest = layers
    assert isinstance(data, Data)
    build = _Building()
    if host_preprocessing:
        quantization = Quantization((2.0 ** (data.shift - 7),), (0,))
        build.current = build.tensor("data", DType.INT8, _hwc(data.shape), None, quantization)
        first = build.current
    else:
        first = build.current = build.tensor("pixels", DType.UINT8, _hwc(data.shape))
        options = {"means": data.means[: data.shape.c], "shift": data.shift}
        build.operator(Q7Opcode.DATA_Q7, (), "data", _hwc(data.shape), options)
    for number, layer in enumerate(rest, start=1):
        _add(build, layer, number)
    return Network(
        name=name,
        source=source,
        source_sha256=source_sha256,
        tensors=tuple(build.tensors),
        operators=tuple(build.operators),
        inputs=(first,),
        outputs=(build.current,),
    )


@dataclass
class _Building:
    """A network under construction; `current` is the tensor that the last operator wrote."""

    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    current: int = -1

    def tensor(
        self,
        name: str,
        dtype: DType,
        shape: tuple[int, ...],
        data: bytes | None = None,
        quantization: Quantization | None = None,
    ) -> int:
        index = len(self.tensors)
        self.tensors.append(Tensor(index, name, dtype, shape, quantization, data))
        return index

    def constant(self, name: str, values: Q7) -> int:
        return self.tensor(name, DType.INT8, values.shape, values.tobytes())

    def operator(
        self,
        opcode: Q7Opcode,
        constants: tuple[int, ...],
        name: str,
        shape: tuple[int, ...],
        options: Mapping[str, Any],
    ) -> None:
        output = self.tensor(name, DType.INT8, shape)
        inputs = (self.current, *constants)
        index = len(self.operators)
        self.operators.append(
            Operator(index, opcode.name, opcode.value, inputs, (output,), options)
        )
        self.current = output


def _add(build: _Building, layer: Layer, number: int) -> None:
    shape = _hwc(layer.shape)
    match layer:
        case Convolution() | InnerProduct():
            is_conv = isinstance(layer, Convolution)
            name = f"{'conv' if is_conv else 'ip'}{number}"
            constants = (
                build.constant(f"{name}_weights", layer.weights),
                build.constant(f"{name}_biases", layer.biases),
            )
            options = {"bias_shift": layer.bias_shift, "out_shift": layer.out_shift}
            if isinstance(layer, Convolution):
                options |= {"stride": layer.stride, "pad": layer.pad}
            opcode = Q7Opcode.CONV_2D_Q7 if is_conv else Q7Opcode.FULLY_CONNECTED_Q7
            build.operator(opcode, constants, name, shape, options)
        case Relu():
            build.operator(Q7Opcode.RELU_Q7, (), f"relu{number}", shape, {})
        case Pool():
            is_max = layer.kind is PoolKind.MAX
            opcode = Q7Opcode.MAX_POOL_2D_Q7 if is_max else Q7Opcode.AVERAGE_POOL_2D_Q7
            options = {"kernel": layer.kernel, "stride": layer.stride, "pad": layer.pad}
            build.operator(opcode, (), f"pool{number}", shape, options)
        case Data():  # the reader lets it stand first only
            raise ValueError("a data layer that is not the first")


def _hwc(shape: BlobShape) -> tuple[int, int, int, int]:
    return (1, shape.h, shape.w, shape.c)
