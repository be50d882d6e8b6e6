"""Everything of a case that can be wrong before anything is built or started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.bench.rig import LoadDataset
from harness.domain.dataset import Dataset
from harness.domain.image import ModelImage, TensorPlacement
from harness.domain.measurement import Reading
from harness.domain.network import DType, Network
from harness.domain.plan import Case
from harness.errors import BadDataset
from harness.model import compile_image, read_network


@dataclass(frozen=True)
class Prepared:
    """A case with its network and its inputs; `image` is planned without the kernels' scratch.

    `known` are readings that stand before the case runs and go into its record if it ends well.
    """

    case: Case
    network: Network
    image: ModelImage
    dataset: Dataset
    known: tuple[Reading, ...] = ()


def prepare(cases: list[Case], load_dataset: LoadDataset) -> list[Prepared]:
    """Read the models and data sets of all cases, each file once.

    Raises:
        BadModel, UnsupportedOperator: a model that cannot run on any target.
        BadDataset: inputs that do not fit the model's input tensor, or labels its output.
    """
    models: dict[object, tuple[Network, ModelImage]] = {}
    datasets: dict[object, Dataset] = {}
    prepared = []
    for case in cases:
        model = (case.model.path, case.model.options)
        if model not in models:
            network = read_network(*model)
            models[model] = network, compile_image(network)
        network, image = models[model]
        key = (model, case.dataset, case.limit)
        if key not in datasets:
            datasets[key] = _dataset_for(case, image, load_dataset)
        prepared.append(_in_sequence(Prepared(case, network, image, datasets[key])))
    return prepared


def _in_sequence(prepared: Prepared) -> Prepared:
    """A case whose inputs follow one another: each runs once, or the state would run ahead.

    Raises:
        BadDataset: it asks for several repeats of each input.
    """
    if not prepared.dataset.sequence:
        return prepared
    if prepared.case.repeat != 1:
        raise BadDataset(
            f"each input of a sequence is run once, not {prepared.case.repeat} times",
            where=prepared.dataset.name,
            hint="Leave out `--repeat`.",
        )
    network = replace(prepared.network, keeps_state=True)
    case = replace(prepared.case, warmup=0)
    return replace(prepared, case=case, network=network, image=compile_image(network))


def joined(inputs: Sequence[TensorPlacement]) -> TensorPlacement:
    """The one input of a network; of several, a flat one that is the bytes of all in their order.

    It has no scale, as its parts have scales of their own; it is int8 where all of them are.
    """
    first, *others = inputs
    if not others:
        return first
    nbytes = sum(one.nbytes for one in inputs)
    dtype = DType.INT8 if {one.dtype for one in inputs} == {DType.INT8} else DType.UINT8
    name = " + ".join(one.name for one in inputs)
    return replace(
        first, name=name, dtype=dtype, shape=(nbytes,), nbytes=nbytes, scale=0.0, zero_point=0
    )


def _dataset_for(case: Case, image: ModelImage, load_dataset: LoadDataset) -> Dataset:
    dataset = load_dataset(case, joined(image.inputs))
    output = image.outputs[0]
    classes = output.nbytes // DType(output.dtype).itemsize
    if dataset.labels is not None and int(dataset.labels.max(initial=0)) >= classes:
        raise BadDataset(
            f"labels go up to {int(dataset.labels.max())}, but {case.model.name} has "
            f"{classes} outputs (0 to {classes - 1})",
            where=dataset.name,
            hint="Choose the data set this model was trained for.",
        )
    return dataset
