"""Layers of LSTM cells, and random ones whose states hold anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from builders.tflite_builder import ABSENT, TfliteModel
from builders.typed_operator import TypedOperator, codes
from hypothesis import strategies as st

SCALES = st.floats(2**-9, 0.5, width=32)
ZEROS = st.integers(-128, 127)


@dataclass(frozen=True)
class Layer:
    """One layer; `spread` makes the sums of its gates, input's and output's, small or saturated."""

    batches: int
    steps: int
    depth: int
    cells: int
    x: tuple[float, int] = (0.05, -4)
    y: tuple[float, int] = (1 / 128, 0)
    shift: int = -12
    clip: float = 10.0
    time_major: bool = False
    spread: tuple[float, ...] = (1.0,) * 8

    @property
    def order(self) -> tuple[int, int]:
        """The first two sizes of input and output."""
        order = (self.batches, self.steps)
        return order[::-1] if self.time_major else order

    def build(self, rng: np.random.Generator) -> tuple[bytes, int, int]:
        """The file, and the tensors of the states of outputs and cells."""
        model, cells = TfliteModel(), self.cells
        x = model.tensor((*self.order, self.depth), "int8", *self.x, name="x")
        weights = []
        for i, spread in enumerate(self.spread):
            size, per = (self.depth, self.x[0]) if i < 4 else (cells, self.y[0])
            values = rng.integers(-127, 128, (cells, size))
            scale = spread / (59 * 59 * per * size**0.5)
            weights.append(model.tensor(values.shape, "int8", scale, 0, values))
        biases = [
            model.tensor((cells,), "int32", 0.1, 0, rng.integers(-9999, 9999, cells))
            for _ in range(4)
        ]
        kept = (self.batches, cells)
        outputs = model.tensor(kept, "int8", *self.y, name="h", variable=True)
        state = model.tensor(kept, "int16", 2.0**self.shift, name="c", variable=True)
        y = model.tensor((*self.order, cells), "int8", *self.y, name="y")
        inner = [model.tensor((), "int16", 2.0**-12, name=f"i{i}") for i in range(4)]
        inner.append(model.tensor((), "int8", *self.y, name="hidden"))
        none = [ABSENT] * 4
        inputs = [x, *weights, *none[:3], *biases, *none[:2], outputs, state, *none]
        model.operator(
            "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [y], intermediates=inner,
            fused_activation_function="TANH", time_major=self.time_major, cell_clip=self.clip,
        )  # fmt: skip
        return model.build([x], [y]), outputs, state


@st.composite
def lstms(draw: Any, most_steps: int = 1) -> TypedOperator:
    """UNIDIRECTIONAL_SEQUENCE_LSTM; either order of batches and steps."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    layer = Layer(
        *(draw(st.integers(1, most)) for most in (2, most_steps, 20, 9)),
        x=(draw(SCALES), draw(ZEROS)),
        y=(float(np.float32(1 / draw(st.integers(100, 140)))), draw(ZEROS)),
        shift=draw(st.integers(-15, -9)),
        clip=draw(st.sampled_from([0.0, 0.7, 10.0])),
        time_major=draw(st.booleans()),
        spread=tuple(2.0 ** draw(st.floats(-3, 2)) for _ in range(8)),
    )
    content, outputs, state = layer.build(rng)
    kept = (layer.batches, layer.cells)
    states = ((outputs, codes(rng, "int8", kept)), (state, codes(rng, "int16", kept)))
    return TypedOperator(content, [codes(rng, "int8", (*layer.order, layer.depth))], "", states)
