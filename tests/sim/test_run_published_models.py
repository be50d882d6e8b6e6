"""Published models with their real inputs, through pyOCD and the link, against LiteRT's answers.

The expected numbers are those of LiteRT's reference kernels on the same files; on CMSIS-NN's stock
build FULLY_CONNECTED rounds twice where LiteRT rounds once, hence fewer equal vectors there. That
build answers whole data sets on one target; all else gets those inputs and a few of the first ones,
and whole sets with HARNESS_FULL_SETS.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus

FULL_TARGET = "mps2-an500"
STOCK = ("cmsis-nn", "O2")
SLOW_TARGET = "openmv-h7-virtual"
OTHER_TARGETS = ("mps2-an385", "mps2-an386", "mps2-an505", "mps3-an547", SLOW_TARGET)
SLOW_FIRST = 2


@dataclass(frozen=True)
class Published:
    model: str
    dataset: str
    inputs: int
    right: int
    golden: str
    differ_stock: tuple[int, ...]  # inputs whose output vector differs on CMSIS-NN's stock build
    softmax_lsb: int
    macs: int
    first: int  # without whole sets, beside those in which the stock build differs


KWS = Published(
    "models/mlperf-tiny/kws_ref_model.tflite",
    "sets/kws01",
    1000,
    901,
    "golden/kws01.npy",
    (28, 177, 288, 491, 496, 633, 695, 858, 963),
    8,
    2_656_768,
    first=10,
)
IC = Published(
    "models/mlperf-tiny/pretrainedResnet_quant.tflite",
    "sets/ic01",
    200,
    175,
    "golden/ic01-mlcommons.npy",
    (53, 71, 115, 187, 191),
    8,
    12_501_632,
    first=5,
)


def measure(
    model: Path, folder: Path, target: str, kernels: str, build: str, tmp_path: Path
) -> CaseRecord:
    cases = assembly.plan(
        targets=[target],
        kernel_sets=[kernels],
        builds=[build],
        models=[str(model)],
        dataset=f"mlperf:{folder}",
    )
    outcome = assembly.Bench(tmp_path / "harness.db").measure(cases)
    assert not outcome.errors, outcome.errors[0]
    (record,) = outcome.records
    assert record.status is CaseStatus.OK
    return record


def telling_inputs(published: Published, target: str) -> list[int]:
    """The first inputs, and all that tell single rounding from CMSIS-NN's stock build."""
    first = SLOW_FIRST if target == SLOW_TARGET else published.first
    return sorted({*range(first), *published.differ_stock})


def part_of(folder: Path, numbers: list[int], into: Path) -> Path:
    """A data set of the inputs `numbers` of the one in `folder`."""
    into.mkdir()
    rows = (folder / "y_labels.csv").read_text().splitlines()
    chosen = [rows[number] for number in numbers]
    (into / "y_labels.csv").write_text("\n".join(chosen) + "\n")
    for row in chosen:
        name = row.partition(",")[0].strip()
        (into / name).symlink_to(folder / name)
    return into


def number(record: CaseRecord, quantity: str) -> float:
    reading = record.reading(quantity)
    assert isinstance(reading, Measurement), reading
    return reading.value


def right_among(data: Path, published: Published, numbers: list[int]) -> int:
    """How many of the inputs LiteRT gets right, from its stored outputs."""
    rows = (data / published.golden.replace(".npy", ".csv")).read_text().splitlines()[1:]
    columns = [rows[number].split(",") for number in numbers]
    return sum(label == predicted for _, label, predicted in columns)


@pytest.mark.accuracy
@pytest.mark.parametrize("published", [KWS, IC], ids=["kws", "ic"])
@pytest.mark.parametrize(
    ("kernels", "build"),
    [("reference", "O2"), STOCK, ("cmsis-nn", "single-rounding")],
)
@pytest.mark.parametrize("target", [FULL_TARGET, *OTHER_TARGETS])
def test_outputs_and_winners(
    test_data: Path,
    tmp_path: Path,
    published: Published,
    target: str,
    kernels: str,
    build: str,
    full_sets: bool,
) -> None:
    folder = test_data / published.dataset
    numbers = list(range(published.inputs))
    if (target, (kernels, build)) != (FULL_TARGET, STOCK) and not full_sets:
        numbers = telling_inputs(published, target)
        folder = part_of(folder, numbers, tmp_path / folder.name)
    record = measure(test_data / published.model, folder, target, kernels, build, tmp_path)
    right = right_among(test_data, published, numbers)

    assert record.inputs == len(numbers)
    assert record.macs == published.macs
    assert number(record, "accuracy") == pytest.approx(right / len(numbers), abs=1e-9)
    if len(numbers) == published.inputs:
        assert right == published.right
    if (kernels, build) == STOCK:
        assert 0 < number(record, "largest_difference") <= published.softmax_lsb
        assert number(record, "vectors_equal") == len(numbers) - len(published.differ_stock)
    else:
        assert number(record, "vectors_equal") == len(numbers)
        assert number(record, "largest_difference") == 0


# Without a labelled set here: MACs, and by how many LSB the stock build may be off.
UNLABELLED = {
    "vww_96_int8": (7_489_664, 1),
    "ad01_int8": (264_192, 2),
    "str_ww_ref_model": (826_368, 0),
}


@pytest.mark.parametrize("target", ["mps2-an385", FULL_TARGET, "mps3-an547"])
def test_models_without_a_labelled_set(test_data: Path, tmp_path: Path, target: str) -> None:
    cases = assembly.plan(
        targets=[target],
        kernel_sets=["reference", "cmsis-nn"],
        builds=["O2", "single-rounding"],
        models=[str(test_data / f"models/mlperf-tiny/{name}.tflite") for name in UNLABELLED],
        dataset="random:3",
    )
    outcome = assembly.Bench(tmp_path / "harness.db").measure(cases)
    assert not outcome.errors, outcome.errors[0]
    assert len(outcome.records) == 3 * len(UNLABELLED)
    for record in outcome.records:
        macs, off = UNLABELLED[record.model]
        stock = (record.kernel_set, record.variant) == STOCK
        assert record.macs == macs
        assert number(record, "largest_difference") <= (off if stock else 0)


OTHER_TYPES = {
    "arm-kws/ds_cnn_s_int16": "activations of int16",
    "arm-kws/basic_lstm_quantized_small": "an LSTM unrolled into its operators",
    "arm-mask/lightly_resnet9": "uint8 inside, weights too",
}


def test_models_of_other_types_are_equal(test_data: Path, tmp_path: Path) -> None:
    """results/every-model.md has all models, on all boards."""
    cases = assembly.plan(
        targets=[FULL_TARGET],
        kernel_sets=["cmsis-nn"],
        models=[str(test_data / f"models/{name}.tflite") for name in OTHER_TYPES],
        dataset="random:2",
    )
    outcome = assembly.Bench(tmp_path / "harness.db").measure_kernels(cases)
    assert len(outcome.records) == len(OTHER_TYPES)
    for record in outcome.records:
        assert record.status is CaseStatus.OK, record.error_message
        assert number(record, "vectors_equal") == 2


def test_host_reference_gives_the_stored_outputs(test_data: Path) -> None:
    """The golden file was made elsewhere: the host reference must not drift from it."""
    from harness.model import HostReference

    golden = np.load(test_data / KWS.golden)
    (case,) = assembly.plan(
        targets=[FULL_TARGET],
        kernel_sets=["reference"],
        models=[str(test_data / KWS.model)],
        dataset=f"mlperf:{test_data / KWS.dataset}",
        limit=50,
    )
    from harness.bench.prepare import prepare

    (prepared,) = prepare([case], assembly.rig().load_dataset)
    outputs = HostReference(case.model.path).outputs(prepared.dataset.inputs)
    assert np.array_equal(outputs.reshape(50, -1), golden[:50].reshape(50, -1))
