"""The architectures of the bundled models, as functions from a Keras input to a Keras output.

The last four have the layers of the reference networks of MLPerf Tiny 1.x (mlcommons/tiny,
`benchmark/training`; C. Banbury et al., "MLPerf Tiny Benchmark", NeurIPS 2021), with ten classes in
the head: operators, shapes, strides, paddings and order are those of the published `.tflite` files,
but for a RESHAPE before the head, which moves no data and which later converters leave out.
"""

from __future__ import annotations

from typing import Any

CLASSES = 10


def lenet(layers: Any, x: Any) -> Any:
    """Two convolutions 5x5 with pooling, one hidden layer."""
    for filters in (8, 16):
        x = layers.Conv2D(filters, 5, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(32, activation="relu")(x)
    return _classes(layers, layers.Dropout(0.2)(x))


def mlp(layers: Any, x: Any) -> Any:
    """One hidden layer."""
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return _classes(layers, layers.Dropout(0.2)(x))


def ds_cnn(layers: Any, x: Any) -> Any:
    """DS-CNN of keyword spotting: a convolution 10x4, then four separable ones, 64 channels."""
    x = _convolved(layers, x, 64, (10, 4), 2)
    for _ in range(4):
        x = _separable(layers, x, 64, 1)
    return _classes(layers, _averaged(layers, x))


def resnet8(layers: Any, x: Any) -> Any:
    """ResNet-8 of image classification: three residual stacks of 16, 32 and 64 channels."""
    x = _convolved(layers, x, 16, 3)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        y = _convolved(layers, x, filters, 3, stride)
        y = _convolved(layers, y, filters, 3, relu=False)
        if stride > 1:
            x = layers.Conv2D(filters, 1, stride, padding="same")(x)
        x = layers.ReLU()(layers.Add()([x, y]))
    return _classes(layers, _averaged(layers, x))


def mobilenet(layers: Any, x: Any) -> Any:
    """MobileNetV1 of visual wake words: width 0.25, thirteen separable convolutions."""
    x = _convolved(layers, x, 8, 3, 2)
    wider = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2))
    for filters, stride in (*wider, *[(128, 1)] * 5, (256, 2), (256, 1)):
        x = _separable(layers, x, filters, stride)
    return _classes(layers, _averaged(layers, x))


def autoencoder(layers: Any, x: Any) -> Any:
    """Autoencoder of anomaly detection: 128 wide, 8 in the middle, as many outputs as inputs."""
    inputs = x.shape[-1]
    for width in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = layers.Dense(width, activation="relu")(x)
    return layers.Dense(inputs)(x)


def _convolved(
    layers: Any, x: Any, filters: int, kernel: Any, stride: int = 1, relu: bool = True
) -> Any:
    x = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(x)
    return _normalised(layers, x, relu)


def _separable(layers: Any, x: Any, filters: int, stride: int) -> Any:
    x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
    return _convolved(layers, _normalised(layers, x), filters, 1)


def _normalised(layers: Any, x: Any, relu: bool = True) -> Any:
    # Short runs: the averages must follow within some hundred steps, which 0.99 does not.
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if relu else x


def _averaged(layers: Any, x: Any) -> Any:
    """One value per channel, as AVERAGE_POOL_2D over the whole plane."""
    return layers.Flatten()(layers.AveragePooling2D(tuple(x.shape[1:3]))(x))


def _classes(layers: Any, x: Any) -> Any:
    return layers.Dense(CLASSES, activation="softmax")(x)
