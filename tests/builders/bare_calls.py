"""A compiled network as straight-line C: the CMSIS-NN calls an engine would make, and nothing else.

`bare_image` turns an image into one with a single record, of an opcode of its own; `bare_kernel`
writes the kernel that this record calls: each operator's library call with constant arguments. What
the engine costs beyond that is the difference between the two images' counts.
"""

import struct
import zlib

from harness.domain.image import ModelImage
from harness.domain.target import Memory

BARE_OPCODE = 254
HEADER = struct.Struct("<IHHII32sIIIIIIHHI16s")
TENSOR = struct.Struct("<II4iBBhf")
RECORD = struct.Struct("<HHHBBII")
IN_IMAGE = 1
ABSENT = 0xFFFF

ADD, AVERAGE_POOL, CONV, DEPTHWISE, FULLY_CONNECTED, MAX_POOL, RESHAPE, SOFTMAX = (
    0,
    1,
    3,
    4,
    9,
    17,
    22,
    25,
)


def _fields(data: bytes) -> dict[str, int]:
    names = [
        "magic",
        "version",
        "header_bytes",
        "image_bytes",
        "crc32",
        "source",
        "arena_bytes",
        "tensors_offset",
        "tensors",
        "operators_offset",
        "operators",
        "io_offset",
        "inputs",
        "outputs",
        "operators_bytes",
        "zero",
    ]
    return dict(zip(names, HEADER.unpack_from(data), strict=True))


def bare_image(image: ModelImage) -> bytes:
    """The image with its first record alone, renumbered to BARE_OPCODE."""
    data = bytearray(image.data)
    header = _fields(data)
    first = header["operators_offset"]
    (record_bytes,) = struct.unpack_from("<H", data, first + 2)
    struct.pack_into("<H", data, first, BARE_OPCODE)
    struct.pack_into("<I", data, 64, 1)
    struct.pack_into("<I", data, 76, record_bytes)
    struct.pack_into("<I", data, 12, zlib.crc32(bytes(data[16:])))
    return bytes(data)


class BareKernel:
    """Writes the C file for one image at fixed addresses of slot and arena."""

    def __init__(self, image: ModelImage, memory: Memory) -> None:
        self._data = image.data
        self._memory = memory
        header = _fields(image.data)
        self._tensors = [
            TENSOR.unpack_from(image.data, header["tensors_offset"] + 32 * n)
            for n in range(header["tensors"])
        ]
        self._records = []
        at = header["operators_offset"]
        for _ in range(header["operators"]):
            record = RECORD.unpack_from(image.data, at)
            self._records.append((at, record))
            at += record[1]

    def source(self) -> str:
        """The kernel's C source."""
        calls = "\n".join(self._call(at, record) for at, record in self._records)
        return f"""/* Generated: the network's library calls with constant arguments. */
#include "arm_nnfunctions.h"
#include "kernel.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{{
    (void)m, (void)op;
    *scratch_bytes = 0;
    return 0;
}}

static int invoke(const struct model *m, const struct image_operator *op)
{{
    (void)m, (void)op;
{calls}
    return 0;
}}

KERNEL({BARE_OPCODE}, "BARE", prepare, invoke);
"""

    def _pointer(self, tensor: int, kind: str = "int8_t") -> str:
        if tensor == ABSENT:
            return "NULL"
        offset, _, *_, _dtype, place, _zero_point, _scale = self._tensors[tensor]
        base = self._memory.model_slot if place == IN_IMAGE else self._memory.arena
        return f"({kind} *){base.origin + offset:#x}u"

    def _words(self, at: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{count}i", self._data, at)

    def _image_pointer(self, at: int) -> str:
        return f"(int32_t *){self._memory.model_slot.origin + at:#x}u"

    def _dims_values(self, tensor: int) -> tuple[int, ...]:
        return self._tensors[tensor][2:6]

    def _call(self, at: int, record: tuple[int, ...]) -> str:
        opcode, _, params_offset, inputs, outputs, scratch_at, scratch = record
        tensors = struct.unpack_from(f"<{inputs + outputs}H", self._data, at + 16)
        writer = {
            CONV: self._conv,
            DEPTHWISE: self._depthwise,
            FULLY_CONNECTED: self._fully_connected,
            AVERAGE_POOL: self._average_pool,
            MAX_POOL: self._max_pool,
            ADD: self._add,
            SOFTMAX: self._softmax,
            RESHAPE: lambda *_: [],
        }[opcode]
        buffer = f"(void *){self._memory.arena.origin + scratch_at:#x}u"
        if opcode == FULLY_CONNECTED:  # the weights' sums, which only Helium reads
            buffer = self._image_pointer(self._words(at + params_offset, 9)[8])
        lines = [
            constant("cmsis_nn_context", "context", (buffer, scratch)),
            "(void)context;",
            *writer(at + params_offset, tensors),
        ]
        return "\n".join(["    {", *(f"        {line}" for line in lines), "    }"])

    def _conv(self, params: int, t: tuple[int, ...]) -> list[str]:
        p = self._words(params, 12)
        values = (*p[:2], p[2:4], p[4:6], p[6:8], p[8:10])
        return [
            constant("cmsis_nn_conv_params", "params", values),
            *self._windowed("arm_convolve_wrapper_s8", p[10:], t),
        ]

    def _depthwise(self, params: int, t: tuple[int, ...]) -> list[str]:
        p = self._words(params, 13)
        values = (*p[:3], p[3:5], p[5:7], p[7:9], p[9:11])
        return [
            constant("cmsis_nn_dw_conv_params", "params", values),
            *self._windowed("arm_depthwise_conv_wrapper_s8", p[11:], t),
        ]

    def _windowed(self, function: str, arrays: tuple[int, ...], t: tuple[int, ...]) -> list[str]:
        multipliers, shifts = (self._image_pointer(at) for at in arrays)
        return [
            constant("cmsis_nn_per_channel_quant_params", "quant", (multipliers, shifts)),
            *self._weighted(function, self._dims_values(t[0]), t),
        ]

    def _fully_connected(self, params: int, t: tuple[int, ...]) -> list[str]:
        p = self._words(params, 8)
        assert p[5] == 0, "per-tensor only"
        n, h, w, _ = self._dims_values(t[3])
        scale = (*self._words(p[6], 1), *self._words(p[7], 1))
        return [
            constant("cmsis_nn_fc_params", "params", (*p[:3], p[3:5])),
            constant("cmsis_nn_per_tensor_quant_params", "quant", scale),
            *self._weighted("arm_fully_connected_s8", (n * h * w, 1, 1, 1), t),
        ]

    def _weighted(
        self, function: str, input_dims: tuple[int, ...], t: tuple[int, ...]
    ) -> list[str]:
        x, f, bias, y = t
        arguments = (
            "&context, &params, &quant, &xd",
            self._pointer(x),
            "&fd",
            self._pointer(f),
            "NULL",
            self._pointer(bias, "int32_t"),
            "&yd",
            self._pointer(y),
        )
        return [
            constant("cmsis_nn_dims", "xd", input_dims),
            constant("cmsis_nn_dims", "fd", self._dims_values(f)),
            constant("cmsis_nn_dims", "yd", self._dims_values(y)),
            *checked(function, arguments),
        ]

    def _average_pool(self, params: int, t: tuple[int, ...]) -> list[str]:
        return self._pool("arm_avgpool_s8", params, t)

    def _max_pool(self, params: int, t: tuple[int, ...]) -> list[str]:
        return self._pool("arm_max_pool_s8", params, t)

    def _pool(self, function: str, params: int, t: tuple[int, ...]) -> list[str]:
        p = self._words(params, 8)
        x, y = t
        arguments = ("&context, &params, &xd", self._pointer(x), "&fd, &yd", self._pointer(y))
        return [
            constant("cmsis_nn_pool_params", "params", (p[0:2], p[2:4], p[4:6])),
            constant("cmsis_nn_dims", "fd", (1, p[7], p[6], 1)),
            constant("cmsis_nn_dims", "xd", self._dims_values(x)),
            constant("cmsis_nn_dims", "yd", self._dims_values(y)),
            *checked(function, arguments),
        ]

    def _add(self, params: int, t: tuple[int, ...]) -> list[str]:
        p = self._words(params, 12)
        a, b, y = t
        elements = self._tensors[y][1]
        arguments = (
            self._pointer(a),
            self._pointer(b),
            *p[:7],
            self._pointer(y),
            *p[7:],
            elements,
        )
        return checked("arm_elementwise_add_s8", arguments)

    def _softmax(self, params: int, t: tuple[int, ...]) -> list[str]:
        multiplier, shift, diff_min, rows, row_size = self._words(params, 5)
        x, y = (self._pointer(tensor) for tensor in t)
        return [f"arm_softmax_s8({x}, {rows}, {row_size}, {multiplier}, {shift}, {diff_min}, {y});"]


def constant(kind: str, name: str, values: tuple[object, ...]) -> str:
    """A C constant; nested tuples become nested initialisers."""

    def braces(value: object) -> str:
        if isinstance(value, tuple):
            return "{" + ", ".join(braces(item) for item in value) + "}"
        return str(value)

    return f"static const {kind} {name} = {braces(values)};"


def checked(function: str, arguments: tuple[object, ...]) -> list[str]:
    """A call whose status other than 0 ends the inference."""
    call = f"{function}({', '.join(str(argument) for argument in arguments)})"
    return [f"const int status = {call};", "if (status)", "    return status;"]
