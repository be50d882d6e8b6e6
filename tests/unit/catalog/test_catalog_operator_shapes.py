"""Shapes of operators from files: every fault is named, and what is read is what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench import sweeps
from harness.catalog import operator_named, read_shapes
from harness.domain.operator_shape import OperatorShape
from harness.errors import BadDefinition, UnknownName

RULES = sweeps.rules()
CONV, DEPTHWISE = RULES["CONV_2D"], RULES["DEPTHWISE_CONV_2D"]
DENSE, SOFTMAX = RULES["FULLY_CONNECTED"], RULES["SOFTMAX"]


def shapes(tmp_path: Path, text: str, name: str = "shapes.toml") -> tuple[OperatorShape, ...]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_shapes(tmp_path / name, RULES)


def faults(tmp_path: Path, text: str, name: str = "shapes.toml") -> str:
    with pytest.raises(BadDefinition) as caught:
        shapes(tmp_path, text, name)
    assert caught.value.where == str(tmp_path / name)
    assert caught.value.exit_code == 2
    return caught.value.what


def one(tmp_path: Path, *lines: str) -> str:
    return faults(tmp_path, "\n".join(["[[shape]]", *lines]))


def test_toml_and_csv_say_the_same(tmp_path: Path) -> None:
    expected = (
        OperatorShape(CONV, (32, 16, 3), 8, (3, 5), (2, 2), (1, 1), "VALID", "RELU6", 1, False),
        OperatorShape(DENSE, (640,), 128, batch=4),
        OperatorShape(DEPTHWISE, (8, 8, 4), 4, (3, 3), per_channel=True),
    )
    toml = """
        [[shape]]
        op = "CONV2D"
        input = [32, 16, 3]
        output = 8
        kernel = "3x5"
        stride = 2
        padding = "valid"
        activation = "relu6"
        per_channel = false
        [[shape]]
        op = "fully_connected"
        input = 640
        output = 128
        batch = 4
        [[shape]]
        op = "depthwise_conv_2d"
        input = "8x8x4"
        kernel = [3, 3]
    """
    csv = (
        "op,input,output,kernel,stride,padding,activation,per_channel,batch\n"
        "CONV2D,32x16x3,8,3x5,2,valid,relu6,false,\n"
        "fully_connected,640,128,,,,,,4\n"
        "depthwise_conv_2d,8x8x4,,3,,,,,\n"
    )
    assert shapes(tmp_path, toml) == expected
    assert shapes(tmp_path, csv, "shapes.csv") == expected


def test_labels_tell_all_there_is() -> None:
    conv = OperatorShape(CONV, (32, 32, 16), 32, (3, 3), per_channel=True)
    assert conv.label == "conv_2d 32x32x16 k3 s1 -> 32x32x32"
    odd = OperatorShape(
        CONV, (9, 8, 3), 4, (3, 2), (2, 1), (2, 1), "VALID", "RELU", 2, per_channel=False
    )
    # (9 - 2 * 2 - 1) // 2 + 1 = 3 rows, (8 - 1 - 1) // 1 + 1 = 7 columns
    assert odd.label == "conv_2d 9x8x3 k3x2 s2x1 d2x1 valid n2 relu per-tensor -> 3x7x4"
    assert OperatorShape(SOFTMAX, (10,)).label == "softmax 10 -> 10"
    dense = OperatorShape(DENSE, (640,), 128, per_channel=True)
    assert dense.label == "fully_connected 640 per-channel -> 128"


@pytest.mark.parametrize("name", ["conv2d", "conv_2d", "CONV_2D", "Conv2D"])
def test_an_operator_has_several_spellings(name: str) -> None:
    assert operator_named(name, RULES, {}) == "CONV_2D"


def test_an_unknown_operator_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        operator_named("max_pol_2d", RULES, {})
    assert caught.value.what == "there is no kernel benchmark of 'max_pol_2d'"
    assert caught.value.hint.startswith("Use 'max_pool_2d'; there are: add, average_pool_2d, ")


def test_an_operator_that_is_not_measured_says_why() -> None:
    with pytest.raises(UnknownName) as caught:
        operator_named("svdf", RULES, sweeps.reasons())
    assert caught.value.what == (
        "there is no kernel benchmark of 'svdf': it remembers the inputs before, and a sweep "
        "measures inferences one by one"
    )
    assert caught.value.hint.startswith("Use a name that exists; there are: add, ")


def test_the_built_in_sweep_has_every_operator_and_no_shape_twice() -> None:
    found = sweeps.built_in()
    assert {shape.operator for shape in found} == set(RULES)
    labels = [shape.label for shape in found]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (['op = "conv"', "input = 3"], "shape.0.op: there is no benchmark of 'conv'; there are: "),
        (["input = 3"], "shape.0.op: missing"),
        (['op = "softmax"'], "shape.0.input: missing"),
        (["op = 3", "input = 3"], "shape.0.op: must be a valid string, is 3"),
        (['op = "softmax"', 'input = "3y4"'], "shape.0.input: '3y4' is not a size like 3 or "),
        (['op = "softmax"', "input = 0"], "shape.0.input.0: must be greater than or equal to 1"),
        (['op = "softmax"', 'input = "1x1x1x1"'], "shape.0.input: has 4 sizes; one to three are "),
        (['op = "softmax"', "input = 3", "kernel = 3"], "shape.0: SOFTMAX takes no `kernel`"),
        (['op = "add"', "input = 3", "outptu = 3"], "(did you mean 'output'?)"),
        (['op = "conv2d"', 'input = "8x8x4"'], "CONV_2D needs `kernel`; CONV_2D needs `output`"),
        (
            ['op = "conv2d"', 'input = "8x8"', "output = 4", "kernel = 3"],
            "shape.0: the input of CONV_2D has three sizes (h, w, c), not 2",
        ),
        (
            ['op = "fully_connected"', 'input = "8x8"', "output = 4"],
            "shape.0: the input of FULLY_CONNECTED has one size, not 2",
        ),
        (
            ['op = "depthwise_conv_2d"', 'input = "8x8x3"', "output = 4", "kernel = 3"],
            "shape.0: output 4 is not a multiple of 3 channels",
        ),
        (
            ['op = "max_pool_2d"', 'input = "8x8x3"', "kernel = 9", 'padding = "valid"'],
            "shape.0: the kernel reaches beyond the input, and padding is VALID",
        ),
        (
            ['op = "max_pool_2d"', 'input = "8x8x3"', "kernel = 2", 'padding = "full"'],
            "shape.0.padding: must be 'SAME' or 'VALID', is 'FULL'",
        ),
        (
            ['op = "fully_connected"', "input = 8192", "output = 4096"],
            "shape.0: the weights would have 33,554,432 elements; up to 16,777,216 are measured",
        ),
    ],
)
def test_a_fault_is_named(tmp_path: Path, lines: list[str], fault: str) -> None:
    assert fault in one(tmp_path, *lines)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = "op,input,stride\nsoftmax,3,2\nadd,,\nmax,3,\nadd,4,,5\n"
    told = faults(tmp_path, text, "shapes.csv").splitlines()
    assert told[0] == "4 faults:"
    assert [line.split(":")[0].strip() for line in told[1:]] == [
        "shape.0",
        "shape.1.input",
        "shape.2.op",
        "shape.3.(beyond the header)",
    ]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.toml", b"[[shape]", "is not TOML: "),
        ("a.toml", b"", "shape: missing"),
        ("a.toml", b"shape = []", " should have at least 1 item"),
        ("a.csv", b"op,input\n", " should have at least 1 item"),
        ("a.csv", b"op,input\nadd,\xff", "is not UTF-8: byte "),
        ("a.csv", b'op,input\nadd,"3"4\n', "is not CSV: "),
    ],
)
def test_a_file_that_holds_no_shapes(tmp_path: Path, name: str, content: bytes, fault: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadDefinition) as caught:
        read_shapes(tmp_path / name, RULES)
    assert fault in caught.value.what


@pytest.mark.parametrize("name", ["none.toml", "none.csv"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        read_shapes(tmp_path / name, RULES)
    assert caught.value.what == "there is no such file"
