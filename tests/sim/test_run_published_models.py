"""Published models with their real inputs, through pyOCD and the link, against LiteRT's answers.

The expected numbers are those of LiteRT's reference kernels on the same files; on CMSIS-NN's stock
build FULLY_CONNECTED rounds twice where LiteRT rounds once, hence fewer equal vectors there.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus

FULL_TARGET = "mps2-an500"
OTHER_TARGETS = ("mps2-an385", "mps2-an386", "mps2-an505", "mps3-an547")
FIRST = 100


@dataclass(frozen=True)
class Published:
    model: str
    dataset: str
    inputs: int
    right: int
    golden: str
    equal_stock: int  # output vectors equal on CMSIS-NN's plain-C path
    softmax_lsb: int
    macs: int


KWS = Published(
    "models/mlperf-tiny/kws_ref_model.tflite",
    "sets/kws01",
    1000,
    901,
    "golden/kws01.npy",
    991,
    8,
    2_656_768,
)
IC = Published(
    "models/mlperf-tiny/pretrainedResnet_quant.tflite",
    "sets/ic01",
    200,
    175,
    "golden/ic01-mlcommons.npy",
    195,
    8,
    12_501_632,
)


def measure(
    data: Path,
    published: Published,
    target: str,
    kernels: str,
    build: str,
    tmp_path: Path,
    limit: int | None,
) -> CaseRecord:
    cases = assembly.plan(
        targets=[target],
        kernel_sets=[kernels],
        builds=[build],
        models=[str(data / published.model)],
        dataset=f"mlperf:{data / published.dataset}",
        limit=limit,
    )
    outcome = assembly.Bench(tmp_path / "harness.db").measure(cases)
    assert not outcome.errors, outcome.errors[0]
    (record,) = outcome.records
    assert record.status is CaseStatus.OK
    return record


def number(record: CaseRecord, quantity: str) -> float:
    reading = record.reading(quantity)
    assert isinstance(reading, Measurement), reading
    return reading.value


def right_among_first(data: Path, published: Published, limit: int) -> int:
    """How many of the first inputs LiteRT gets right, from its stored outputs."""
    rows = (data / published.golden.replace(".npy", ".csv")).read_text().splitlines()[1:]
    columns = [row.split(",") for row in rows[:limit]]
    return sum(label == predicted for _, label, predicted in columns)


@pytest.mark.accuracy
@pytest.mark.parametrize("published", [KWS, IC], ids=["kws", "ic"])
@pytest.mark.parametrize(
    ("kernels", "build"),
    [("reference", "O2"), ("cmsis-nn", "O2"), ("cmsis-nn", "single-rounding")],
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
    limit = None if target == FULL_TARGET or full_sets else FIRST
    record = measure(test_data, published, target, kernels, build, tmp_path, limit)
    inputs = limit or published.inputs
    right = published.right if limit is None else right_among_first(test_data, published, limit)

    assert record.inputs == inputs
    assert record.macs == published.macs
    assert number(record, "accuracy") == pytest.approx(right / inputs, abs=1e-9)
    if (kernels, build) == ("cmsis-nn", "O2"):
        assert number(record, "largest_difference") <= published.softmax_lsb
        if limit is None:
            assert number(record, "vectors_equal") == published.equal_stock
    else:
        assert number(record, "vectors_equal") == inputs
        assert number(record, "largest_difference") == 0


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
