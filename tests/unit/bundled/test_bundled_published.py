"""The four larger models have the layers of MLPerf Tiny's reference networks, but for the head."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import assembly, bundled
from harness.domain.network import Network, Operator
from harness.model import compile_image, operator_costs, read_tflite

FOLDER = Path(bundled.__file__).parent

# Published MACs, and what ten classes in the head add: inputs of the head times classes.
PUBLISHED = {
    "ds-cnn-digits": ("kws_ref_model", 2_656_768, 64 * (10 - 12)),
    "resnet8-digits": ("pretrainedResnet_quant", 12_501_632, 0),
    "mobilenet-digits": ("vww_96_int8", 7_489_664, 256 * (10 - 2)),
    "autoencoder-digits": ("ad01_int8", 264_192, 0),
}
CHOICES = (
    "padding",
    "stride_w",
    "stride_h",
    "filter_width",
    "filter_height",
    "dilation_w_factor",
    "dilation_h_factor",
    "depth_multiplier",
    "fused_activation_function",
)

each = pytest.mark.parametrize("name", sorted(PUBLISHED))


def network(name: str) -> Network:
    return read_tflite(FOLDER / f"{name}.tflite")


def layer(of: Network, operator: Operator) -> tuple[object, ...]:
    """What an operator is, without its numbers; the two addends of an ADD may change places."""
    tensors = [of.tensors[index] for index in operator.inputs if index >= 0]
    activations = sorted(tensor.shape for tensor in tensors if tensor.data is None)
    constants = [(tensor.dtype, tensor.shape) for tensor in tensors if tensor.data is not None]
    chosen = {name: operator.options[name] for name in CHOICES if name in operator.options}
    outputs = [of.tensors[index].shape for index in operator.outputs]
    return operator.name, activations, constants, outputs, chosen


def parts(of: Network) -> tuple[list[tuple[object, ...]], list[object]]:
    """The body's layers, and of a classifier's head: classes, inputs and operators.

    Later converters give FULLY_CONNECTED the pooled plane as it is; RESHAPE moves no data.
    """
    operators = [operator for operator in of.operators if operator.name != "RESHAPE"]
    if operators[-1].name != "SOFTMAX":
        return [layer(of, operator) for operator in operators], []
    *body, dense, softmax = operators
    classes, inputs = of.tensors[dense.inputs[1]].shape
    activation = dense.options["fused_activation_function"]
    head = [classes, inputs, dense.name, activation, softmax.name, softmax.options["beta"]]
    return [layer(of, operator) for operator in body], head


@each
def test_macs_are_the_published_ones_but_for_the_head(name: str) -> None:
    _, published, head = PUBLISHED[name]
    assert sum(cost.macs or 0 for cost in operator_costs(network(name))) == published + head
    assert compile_image(network(name)).macs == published + head


@each
def test_what_the_head_changes_is_stated(name: str) -> None:
    _, published, head = PUBLISHED[name]
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    change = f"{-head:,} fewer here" if head < 0 else f"{head:,} more here"
    assert f"({published:,} MACs; {change if head else 'as many here'}" in text
    assert "other data" in text


@each
def test_layers_are_the_published_ones_but_for_the_head(name: str, test_data: Path) -> None:
    file = test_data / f"models/mlperf-tiny/{PUBLISHED[name][0]}.tflite"
    (mine, my_head), (published, their_head) = parts(network(name)), parts(read_tflite(file))
    assert mine == published
    assert my_head[1:] == their_head[1:]
    assert my_head[:1] == ([10] if their_head else [])


def test_only_the_small_models_run_when_none_is_named() -> None:
    assert {case.model.name for case in assembly.plan()} == {"lenet-digits", "mlp-digits"}
    named = assembly.plan(models=["mlp-digits", "resnet8-digits"])
    assert {case.model.name for case in named} == {"mlp-digits", "resnet8-digits"}
    assert set(PUBLISHED) <= set(assembly.model_names())
