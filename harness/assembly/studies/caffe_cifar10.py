"""Caffe to CMSIS-NN: Arm's CIFAR-10 networks for M4 and M7, from float weights to a device.

Source: ARM-software/ML-examples, cmsisnn-cifar10 (README.md, nn_quantizer.py, code/*/parameter.h);
L. Lai, N. Suda, V. Chandra: CMSIS-NN, arXiv:1801.06601, abstract.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from harness.assembly.caffe import QuantisedCaffe, quantise_caffe
from harness.assembly.studies import StudyRow, Workbench
from harness.assembly.studies._figures import NO_TIME, answer_figures, count_figure, share
from harness.domain.study import Figure, NeededFile, Published

TITLE = "Caffe to CMSIS-NN: CIFAR-10 on 8 bits with a Qm.n format for each layer"

SIMULATED_INPUTS = 5
"""Images on a simulated target where `--limit` does not say."""
MEANS = (125, 123, 114)
"""Of CIFAR-10's training set, as OpenMV's networks of the same weights hold them."""

_UPSTREAM = "github.com/ARM-software/ML-examples, cmsisnn-cifar10/models"
_IC01 = NeededFile(
    "sets/ic01",
    "the 200 CIFAR-10 test images named in github.com/mlcommons/tiny, "
    "benchmark/evaluation/datasets/ic01/y_labels.csv, as raw bytes",
)
_WEIGHTS = {
    "m4": "cifar10_m4_iter_70000.caffemodel.h5",
    "m7": "cifar10_m7_iter_300000.caffemodel.h5",
}
_PUBLISHED_SHIFTS = {"m4": "11, 8, 8, 7", "m7": "9, 9, 9, 5"}
_PUBLISHED_ACCURACY = {"m4": "about 78 %", "m7": "about 80 %"}
_FEW = "theirs were chosen by all 10,000 test images with Caffe; these by 200 of them"


def rows() -> Sequence[StudyRow]:
    """One row for each network: the search, then float, simulated and device side by side."""
    return [
        StudyRow(f"CIFAR-10 network for {name.upper()}", _needs(name), partial(_row, name=name))
        for name in _WEIGHTS
    ]


def _needs(name: str) -> tuple[NeededFile, ...]:
    folder = "models/arm-cifar10-caffe"
    definition = f"cifar10_{name}_train_test.prototxt"
    return (
        NeededFile(f"{folder}/{_WEIGHTS[name]}", _UPSTREAM),
        NeededFile(f"{folder}/{definition}", _UPSTREAM),
        _IC01,
    )


def _row(workbench: Workbench, name: str) -> Iterator[Figure]:
    weights, _, images = _needs(name)
    dataset = f"mlperf:{workbench.path(images)}"
    made = quantise_caffe(workbench.path(weights), dataset, means=MEANS)
    yield from _of_the_search(made, name)
    path = workbench.work_dir("caffe-cifar10") / f"cifar10_{name}.network"
    made.write(path)
    limit = workbench.limit_on_devices(SIMULATED_INPUTS)
    for record in workbench.measure(path, dataset, limit=limit):
        yield from answer_figures(record)
        yield count_figure(
            record,
            Published("4.6x faster than plain kernels", "arXiv:1801.06601, abstract", NO_TIME),
        )


def _of_the_search(made: QuantisedCaffe, name: str) -> Iterator[Figure]:
    formats, of = made.formats, made.inputs
    published = Published(
        _PUBLISHED_ACCURACY[name],
        "ml/cmsisnn/README.md of openmv/openmv, for the same weights",
        "on all 10,000 test images",
    )
    how = f"Caffe's layers in numpy, {of:,} inputs"
    yield Figure("accuracy, float", share(round(formats.float_accuracy * of), of), how, published)
    yield Figure(
        "accuracy, 8 bits",
        share(round(made.simulated_accuracy * of), of),
        f"integer simulation, {of:,} inputs, by which the formats were chosen",
    )
    for what in ("weights", "output", "biases"):
        kept = [one for one in formats.tries if one.what == what and one.kept]
        yield Figure(
            f"formats of {what}",
            ", ".join(f"{one.layer} {one.format}" for one in kept),
            f"{sum(one.what == what for one in formats.tries)} tried",
        )
    yield Figure(
        "right shifts of outputs",
        ", ".join(map(str, made.out_shifts)),
        "conv1, conv2, conv3, ip1",
        Published(_PUBLISHED_SHIFTS[name], f"cmsisnn-cifar10/code/{name}/parameter.h", _FEW),
    )
