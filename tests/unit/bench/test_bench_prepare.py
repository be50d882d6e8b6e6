"""What is wrong with a model or a data set is said before anything is built or started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench_desk import Desk, copying_model
from builders.tflite_builder import TfliteModel

from harness.bench.prepare import Prepared, joined, prepare
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.domain.plan import ModelSource
from harness.errors import BadDataset, BadModel


def model_of(desk: Desk, content: bytes) -> Path:
    path = desk.folder / "model.tflite"
    path.write_bytes(content)
    desk.model = ModelSource("model", path)
    return path


def adding(outputs: int = 1, inputs: int = 1) -> bytes:
    model = TfliteModel()
    xs = [model.tensor((1, 4), "int8", 0.5) for _ in range(2)]
    constant = model.tensor((1, 4), "int8", 0.5, data=np.ones((1, 4), np.int8))
    ys = [model.tensor((1, 4), "int8", 0.5) for _ in range(2)]
    for y in ys[:outputs]:
        model.operator("ADD", [xs[0], xs[1] if inputs == 2 else constant], [y])
    return model.build(xs[:inputs], ys[:outputs])


def test_each_file_is_read_once(desk: Desk) -> None:
    loads: list[object] = []

    def load(case: object, model_input: object) -> object:
        loads.append(case)
        return desk.load_dataset(case, model_input)  # type: ignore[arg-type]

    cases = [desk.case(), desk.case(warmup=3), desk.case(limit=2), desk.case(dataset="other")]
    prepared = prepare(cases, load)  # type: ignore[arg-type]
    assert loads == [cases[0], cases[2], cases[3]]
    assert prepared[0].network is prepared[3].network
    assert prepared[0].image is prepared[3].image
    assert prepared[0].dataset is prepared[1].dataset


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (1, 2)])
def test_models_with_more_than_one_input_or_output(desk: Desk, inputs: int, outputs: int) -> None:
    model_of(desk, adding(outputs, inputs))
    image = desk.prepared().image
    assert (len(image.inputs), len(image.outputs)) == (inputs, outputs)


def test_several_inputs_are_taken_as_one_of_all_their_bytes(desk: Desk) -> None:
    model_of(desk, adding(1, 2))
    image = desk.prepared().image
    one = joined(image.inputs)
    assert (one.shape, one.nbytes, one.dtype, one.scale) == ((8,), 8, DType.INT8, 0.0)
    wide = replace(image.inputs[1], dtype=DType.INT16, nbytes=8)
    mixed = joined((image.inputs[0], wide))
    assert (mixed.shape, mixed.nbytes, mixed.dtype) == ((12,), 12, DType.UINT8)
    assert joined(image.inputs[:1]) is image.inputs[0]


def test_labels_beyond_the_outputs(desk: Desk) -> None:
    desk.labels = np.array([0, 1, 4, 2])
    with pytest.raises(BadDataset) as refused:
        desk.prepared()
    assert str(refused.value) == (
        "four: labels go up to 4, but copying has 4 outputs (0 to 3)\n"
        "  -> Choose the data set this model was trained for."
    )


def test_the_last_output_may_be_a_label(desk: Desk) -> None:
    desk.labels = np.array([3, 3, 3, 3])
    assert desk.prepared().dataset.labels is desk.labels


def test_fewer_outputs_than_the_labels_ask_for(desk: Desk) -> None:
    copying_model(desk.folder, outputs=3)
    with pytest.raises(BadDataset, match="labels go up to 3, but copying has 3 outputs"):
        desk.prepared()


def test_a_file_that_is_no_model(desk: Desk) -> None:
    path = model_of(desk, b"PNG, not a flatbuffer")
    with pytest.raises(BadModel) as refused:
        desk.prepared()
    assert refused.value.where == str(path)
    assert (desk.builds, desk.starts) == (0, 0)


def in_sequence(desk: Desk, **changes: object) -> Prepared:
    def load(case: object, model_input: object) -> Dataset:
        return replace(desk.load_dataset(case, model_input), sequence=True)  # type: ignore[arg-type]

    (prepared,) = prepare([desk.case(**changes)], load)  # type: ignore[arg-type]
    return prepared


def test_inputs_of_a_sequence_run_once_each(desk: Desk) -> None:
    prepared = in_sequence(desk, warmup=3)
    assert prepared.case.warmup == 0
    assert prepared.network.keeps_state
    assert prepared.image.data[80] == 1


def test_repeats_of_a_sequence(desk: Desk) -> None:
    with pytest.raises(BadDataset) as refused:
        in_sequence(desk, repeat=2)
    assert str(refused.value) == (
        "four: each input of a sequence is run once, not 2 times\n  -> Leave out `--repeat`."
    )
