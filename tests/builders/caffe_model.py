"""A tiny Caffe model, its weights written as protobuf by hand, and labelled images for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

DEFINITION = """
name: "Tiny"  # a comment
layer {
  name: "data" type: "Data" top: "data" top: "label"
  include { phase: TRAIN }
}
layer {
  name: "data" type: "Data" top: "data" top: "label"
  include { phase: TEST }
  transform_param { scale: 0.00390625 mean_value: 33 }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 }
  convolution_param { num_output: 2 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } }
}
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param < pool: AVE, kernel_size: 2; stride: 2 >
}
layer { name: "relu1" type: "ReLU" bottom: "pool1" top: "pool1" }
layer { name: "drop1" type: "Dropout" bottom: "pool1" top: "pool1" }
layer {
  name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1"
  inner_product_param { num_output: 3 }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip1" bottom: "label" top: "loss" }
"""
RANDOM = np.random.default_rng(5)
CONV = RANDOM.normal(0, 0.3, (2, 1, 3, 3)).astype(np.float32)
CONV_BIAS = np.array([0.1, -0.2], np.float32)
PRODUCT = RANDOM.normal(0, 0.2, (3, 2 * 2 * 2)).astype(np.float32)
PRODUCT_BIAS = np.array([0.05, 0.0, -0.3], np.float32)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes as protobuf writes it, by hand."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def blob(values: np.ndarray) -> bytes:
    shape = b"".join(map(varint, values.shape))
    return field(7, field(1, shape)) + field(5, values.astype("<f4").tobytes())


def layer(name: str, *blobs: np.ndarray) -> bytes:
    return field(100, field(1, name.encode()) + b"".join(field(7, blob(one)) for one in blobs))


CONTENT = (
    field(1, b"Tiny")
    + layer("data")
    + layer("conv1", CONV, CONV_BIAS)
    + layer("ip1", PRODUCT, PRODUCT_BIAS)
)


def model(folder: Path) -> Path:
    path = folder / "tiny_iter_10.caffemodel"
    path.write_bytes(CONTENT)
    (folder / "tiny_train_test.prototxt").write_text(DEFINITION)
    return path


def labelled(folder: Path) -> str:
    path = folder / "x.npz"
    pixels = RANDOM.integers(0, 256, (50, 4, 4, 1)).astype(np.uint8)
    np.savez(path, inputs=pixels, labels=RANDOM.integers(0, 3, 50))
    return f"npz:{path}"
