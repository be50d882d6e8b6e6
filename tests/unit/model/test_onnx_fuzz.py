"""Graphs that are valid files and make no sense: refused, never a foreign exception."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from test_onnx_operators import CASES

from harness.errors import HarnessError
from harness.model import compile_image, read_network
from harness.model.onnx_network import _known

ROUNDS = int(os.environ.get("HARNESS_FUZZ_GRAPHS", "400"))
NUMBERS = [-(2**40), -3, -1, 0, 1, 2, 5, 99_999, 2**62]
TYPES = [np.int8, np.uint8, np.int32, np.int64, np.float32]


def spoil(graph: Any, rng: random.Random) -> None:
    """Change one thing, whatever it leads to."""
    node = rng.choice(graph.node)
    values = [name for one in graph.node for name in one.output]
    values += [one.name for one in graph.initializer]
    match rng.randrange(7):
        case 0:
            node.op_type = rng.choice(list(_known()))
        case 1 if node.attribute:
            attribute = rng.choice(node.attribute)
            if attribute.ints:
                attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
            else:
                attribute.i = rng.choice(NUMBERS)
        case 2 if node.attribute:
            del node.attribute[rng.randrange(len(node.attribute))]
        case 3 if node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice([*values, "", "x"])
        case 4 if node.input:
            del node.input[rng.randrange(len(node.input))]
        case 5 if graph.initializer:
            spoil_constant(rng.choice(graph.initializer), rng)
        case 6:
            sizes = graph.input[0].type.tensor_type.shape.dim
            sizes[rng.randrange(len(sizes))].dim_value = rng.choice([-1, 0, 1, 2, 5, 100_000])


def spoil_constant(tensor: Any, rng: random.Random) -> None:
    array = numpy_helper.to_array(tensor)
    with np.errstate(all="ignore"):
        other = rng.choice(
            [
                array.ravel(),
                array.ravel()[:0],
                array[np.newaxis],
                array * 0,
                -array,
                array.astype(rng.choice(TYPES)),
            ]
        )
    tensor.CopyFrom(numpy_helper.from_array(np.asarray(other, order="C"), tensor.name))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_graphs_without_sense_are_refused(tmp_path: Path) -> None:
    """Seeded; HARNESS_FUZZ_GRAPHS=50000 tries more (700 a second)."""
    models = [made.model(output) for make, _, _ in CASES.values() for made, output in [make()]]
    rng, path = random.Random(8), tmp_path / "net.onnx"
    taken = 0
    for number in range(ROUNDS):
        model = onnx.ModelProto()
        model.CopyFrom(models[number % len(models)])
        for _ in range(rng.randint(1, 3)):
            spoil(model.graph, rng)
        path.write_bytes(model.SerializeToString())
        try:
            compile_image(read_network(path))
            taken += 1
        except HarnessError as error:
            told = str(error)
            if str(path) not in told or "->" not in told:
                pytest.fail(f"round {number}: {told}")
    assert 0.02 < taken / ROUNDS < 0.9, "the graphs are too good, or too bad, to show anything"
