"""The layers of an OpenMV `.network` file as values: q7 tensors and power-of-two scales.

Source: OpenMV firmware v3.6.0, `src/omv/nn/nn.c` and `nn.h`, and `nn_convert.py` before 588f79a6.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Q7 = NDArray[np.int8]


@dataclass(frozen=True)
class BlobShape:
    """Caffe's N, C, H, W of a layer's output; N, the batch of training, means nothing."""

    n: int
    c: int
    h: int
    w: int

    @property
    def elements(self) -> int:
        """Elements of one sample."""
        return self.c * self.h * self.w


@dataclass(frozen=True)
class Data:
    """Pixels p to q7: ssat8((((p - mean) << 7) + half) >> shift); `means` are red, green, blue."""

    shape: BlobShape
    means: tuple[int, int, int]
    shift: int


@dataclass(frozen=True)
class Convolution:
    """Weights (out, k, k, in); output ssat8((sum + (bias << bias_shift) + half) >> out_shift)."""

    shape: BlobShape
    bias_shift: int
    out_shift: int
    kernel: int
    pad: int
    stride: int
    weights: Q7
    biases: Q7


@dataclass(frozen=True)
class Relu:
    """max(0, x), in place."""

    shape: BlobShape


class PoolKind(IntEnum):
    """As Caffe numbers them."""

    MAX = 0
    AVERAGE = 1


@dataclass(frozen=True)
class Pool:
    """A window clipped to the image; the output's size is the file's, which Caffe rounds up."""

    shape: BlobShape
    kind: PoolKind
    kernel: int
    pad: int
    stride: int


@dataclass(frozen=True)
class InnerProduct:
    """Weights (out, in) over an input flattened in the order h, w, c, not interleaved."""

    shape: BlobShape
    bias_shift: int
    out_shift: int
    weights: Q7
    biases: Q7


Layer = Data | Convolution | Relu | Pool | InnerProduct
