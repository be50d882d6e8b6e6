"""One operator with weights of 4 or 2 bits, and LiteRT with the same codes in 8."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from builders.tflite_builder import TfliteModel
from builders.typed_operator import TypedOperator
from hypothesis import strategies as st

from harness.domain.image import ModelImage
from harness.domain.network import Network
from harness.model.compile import compile_image
from harness.model.narrow_weights import narrow

_NAME = Path("one_operator.tflite")
_SCRATCH = 4096  # more than any kernel needs for the sizes below


@dataclass(frozen=True, repr=False)
class NarrowOperator(TypedOperator):
    """`plain` has int8 weights; `tflite` has the same with the codes of `bits`."""

    plain: bytes = b""
    bits: int = 2

    @cached_property
    def compiled(self) -> ModelImage:
        """The image with narrow weights, and room for a tile."""
        return compile_image(self._narrow, scratch=[_SCRATCH])

    @property
    def _narrow(self) -> Network:
        return narrow(self.plain, _NAME, self.bits)[1]

    def found_in(self, arena: bytes) -> list[Any]:
        """As for any; scratch may be written too."""
        return [
            np.frombuffer(arena[place.offset : place.offset + place.nbytes], np.int8)
            for place in self.written
        ]


@st.composite
def narrow_operators(draw: Any, name: str, bits: int) -> NarrowOperator:
    """CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED of odd sizes, strides and dilations."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    model, size = TfliteModel(), st.integers(1, 7)
    depth, channels = draw(size), draw(size)
    options: dict[str, Any] = {"fused_activation_function": draw(st.sampled_from(["NONE", "RELU"]))}
    if name == "FULLY_CONNECTED":
        depth = draw(st.integers(1, 70))
        rows = draw(size)
        x_shape, w_shape, y_shape, axis = (rows, depth), (channels, depth), (rows, channels), 0
        count = depth
    else:
        stride = draw(st.integers(1, 2))
        dilation = draw(st.integers(1, 2)) if stride == 1 else 1
        taps = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
        height, width = draw(size), draw(size)
        count = taps[0] * taps[1] * (depth if name == "CONV_2D" else 1)
        if name == "CONV_2D":
            w_shape, axis = (channels, *taps, depth), 0
        else:
            options["depth_multiplier"] = draw(st.integers(1, 2))
            channels = depth * options["depth_multiplier"]
            w_shape, axis = (1, *taps, channels), 3
        x_shape = (1, height, width, depth)
        y_shape = (1, -(-height // stride), -(-width // stride), channels)
        options |= {"padding": "SAME", "stride_w": stride, "stride_h": stride}
        options |= {"dilation_w_factor": dilation, "dilation_h_factor": dilation}
    scales = [float(np.float32(one)) for one in rng.uniform(0.01, 0.1, channels)]
    x = model.tensor(x_shape, "int8", 0.5, draw(st.integers(-128, 127)), name="x")
    w = model.tensor(w_shape, "int8", scales, 0, rng.integers(-127, 128, w_shape), axis, name="w")
    b_scales = [float(np.float32(0.5) * np.float32(one)) for one in scales]
    b = model.tensor((channels,), "int32", b_scales, 0, rng.integers(-999, 999, channels), name="b")
    y_scale = float(np.float32(0.5 * 0.05 * 60 * count**0.5 * draw(st.floats(0.3, 3))))
    y = model.tensor(y_shape, "int8", y_scale, draw(st.integers(-128, 127)), name="y")
    model.operator(name, [x, w, b], [y], **options)
    plain = model.build([x], [y])
    codes = rng.integers(-128, 128, x_shape).astype(np.int8)
    return NarrowOperator(narrow(plain, _NAME, bits)[0], [codes], plain=plain, bits=bits)
