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
TENSOR = struct.Struct("<II4iBB6x")
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
        offset, _, *_, _dtype, place = self._tensors[tensor]
        base = self._memory.model_slot if place == IN_IMAGE else self._memory.arena
        return f"({kind} *){base.origin + offset:#x}u"

    def _words(self, at: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{count}i", self._data, at)

    def _image_pointer(self, at: int) -> str:
        return f"(int32_t *){self._memory.model_slot.origin + at:#x}u"

    def _dims(self, name: str, tensor: int) -> str:
        n, h, w, c = self._tensors[tensor][2:6]
        return f"static const cmsis_nn_dims {name} = {{{n}, {h}, {w}, {c}}};"

    def _call(self, at: int, record: tuple[int, ...]) -> str:
        opcode, _, params_offset, inputs, outputs, scratch_at, scratch = record
        tensors = struct.unpack_from(f"<{inputs + outputs}H", self._data, at + 16)
        params = at + params_offset
        context = (
            f"static const cmsis_nn_context context = "
            f"{{(void *){self._memory.arena.origin + scratch_at:#x}u, {scratch}}};"
        )
        writer = {
            CONV: self._conv,
            DEPTHWISE: self._depthwise,
            FULLY_CONNECTED: self._fully_connected,
            AVERAGE_POOL: self._pool,
            MAX_POOL: self._pool,
            ADD: self._add,
            SOFTMAX: self._softmax,
            RESHAPE: lambda *_: "",
        }[opcode]
        body = writer(opcode, params, tensors)
        return f"    {{\n        {context}\n        (void)context;\n{body}    }}\n"

    def _conv(self, _: int, params: int, t: tuple[int, ...]) -> str:
        p = self._words(params, 12)
        values = f"{{{p[0]}, {p[1]}, {{{p[2]}, {p[3]}}}, {{{p[4]}, {p[5]}}}, {{{p[6]}, {p[7]}}}, {{{p[8]}, {p[9]}}}}}"
        return self._windowed("arm_convolve_wrapper_s8", "cmsis_nn_conv_params", values, p[10:], t)

    def _depthwise(self, _: int, params: int, t: tuple[int, ...]) -> str:
        p = self._words(params, 13)
        values = (
            f"{{{p[0]}, {p[1]}, {p[2]}, {{{p[3]}, {p[4]}}}, {{{p[5]}, {p[6]}}}, "
            f"{{{p[7]}, {p[8]}}}, {{{p[9]}, {p[10]}}}}}"
        )
        return self._windowed(
            "arm_depthwise_conv_wrapper_s8", "cmsis_nn_dw_conv_params", values, p[11:], t
        )

    def _windowed(
        self,
        function: str,
        params_type: str,
        values: str,
        arrays: tuple[int, ...],
        t: tuple[int, ...],
    ) -> str:
        x, f, bias, y = t
        return f"""        static const {params_type} params = {values};
        static const cmsis_nn_per_channel_quant_params quant = {{{self._image_pointer(arrays[0])}, {self._image_pointer(arrays[1])}}};
        {self._dims("xd", x)}
        {self._dims("fd", f)}
        {self._dims("yd", y)}
        int status = {function}(&context, &params, &quant, &xd, {self._pointer(x)}, &fd,
            {self._pointer(f)}, NULL, {self._pointer(bias, "int32_t")}, &yd, {self._pointer(y)});
        if (status)
            return status;
"""

    def _fully_connected(self, _: int, params: int, t: tuple[int, ...]) -> str:
        p = self._words(params, 8)
        assert p[5] == 0, "per-tensor only"
        (multiplier,), (shift,) = self._words(p[6], 1), self._words(p[7], 1)
        x, f, bias, y = t
        batches = self._tensors[y][2] * self._tensors[y][3] * self._tensors[y][4]
        return f"""        static const cmsis_nn_fc_params params = {{{p[0]}, {p[1]}, {p[2]}, {{{p[3]}, {p[4]}}}}};
        static const cmsis_nn_per_tensor_quant_params quant = {{{multiplier}, {shift}}};
        static const cmsis_nn_dims xd = {{{batches}, 1, 1, 1}};
        {self._dims("fd", f)}
        {self._dims("yd", y)}
        int status = arm_fully_connected_s8(&context, &params, &quant, &xd, {self._pointer(x)}, &fd,
            {self._pointer(f)}, NULL, {self._pointer(bias, "int32_t")}, &yd, {self._pointer(y)});
        if (status)
            return status;
"""

    def _pool(self, opcode: int, params: int, t: tuple[int, ...]) -> str:
        p = self._words(params, 8)
        x, y = t
        function = "arm_avgpool_s8" if opcode == AVERAGE_POOL else "arm_max_pool_s8"
        return f"""        static const cmsis_nn_pool_params params = {{{{{p[0]}, {p[1]}}}, {{{p[2]}, {p[3]}}}, {{{p[4]}, {p[5]}}}}};
        static const cmsis_nn_dims fd = {{1, {p[7]}, {p[6]}, 1}};
        {self._dims("xd", x)}
        {self._dims("yd", y)}
        int status = {function}(&context, &params, &xd, {self._pointer(x)}, &fd, &yd, {self._pointer(y)});
        if (status)
            return status;
"""

    def _add(self, _: int, params: int, t: tuple[int, ...]) -> str:
        p = self._words(params, 12)
        a, b, y = t
        return f"""        int status = arm_elementwise_add_s8({self._pointer(a)}, {self._pointer(b)}, {p[0]}, {p[1]}, {p[2]},
            {p[3]}, {p[4]}, {p[5]}, {p[6]}, {self._pointer(y)}, {p[7]}, {p[8]}, {p[9]}, {p[10]}, {p[11]}, {self._tensors[y][1]});
        if (status)
            return status;
"""

    def _softmax(self, _: int, params: int, t: tuple[int, ...]) -> str:
        p = self._words(params, 5)
        x, y = t
        return f"""        arm_softmax_s8({self._pointer(x)}, {p[3]}, {p[4]}, {p[0]}, {p[1]}, {p[2]}, {self._pointer(y)});
"""
