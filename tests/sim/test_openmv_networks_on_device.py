"""OpenMV's networks on simulated boards: vectors equal to the stored ones, as stored and mended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus
from harness.results import open_store

LENET = "models/openmv/v3.6.0/lenet/lenet.network"
FAST = "models/openmv/v3.6.0/cifar10_fast/cifar10_fast.network"
ALL_MNIST, SOME, SLOW = 10_000, 6, 2


def measured(
    store: Path, target: str, models: list[str], dataset: str, limit: int
) -> list[CaseRecord]:
    cases = assembly.plan(
        targets=[target], kernel_sets=["reference"], models=models, dataset=dataset, limit=limit
    )
    outcome = assembly.Bench(store).measure(cases)
    assert not outcome.errors, outcome.errors[0]
    for record in outcome.records:
        assert record.status is CaseStatus.OK
        assert ("q7-simulation", "1") in record.tool_versions
        assert number(record, "vectors_equal") == limit
    return outcome.records


def number(record: CaseRecord, quantity: str) -> float:
    reading = record.reading(quantity)
    assert isinstance(reading, Measurement), reading
    return reading.value


def answers(store: Path, record: CaseRecord) -> np.ndarray:
    kept = open_store(str(store)).raw.get(dict(record.raw)["answers"])
    return np.asarray(kept["outputs"]).view(np.int8).reshape(record.inputs or 0, -1)


@pytest.mark.accuracy
@pytest.mark.parametrize("target", ["mps2-an500", "openmv-h7-virtual"])
def test_lenet_gives_the_stored_vectors(
    test_data: Path, tmp_path: Path, target: str, full_sets: bool
) -> None:
    """The golden file was made elsewhere, from the same network: 9616 of all are right."""
    mnist = test_data / "sets/mnist"
    dataset = f"idx:{mnist}/t10k-images-idx3-ubyte.gz,{mnist}/t10k-labels-idx1-ubyte.gz"
    whole = full_sets and target == "mps2-an500"
    count = ALL_MNIST if whole else SOME if target == "mps2-an500" else SLOW
    model = str(test_data / LENET)
    models = assembly.also_with([model], "fix-input-shift")
    stored, mended = measured(tmp_path / "h.db", target, models, dataset, count)

    golden = np.load(test_data / "golden/openmv_lenet_v3.6.0.npy")[:count]
    assert np.array_equal(answers(tmp_path / "h.db", stored), golden)
    assert stored.model == "lenet"
    assert mended.model == "lenet (input shift mended)"
    assert stored.model_sha256 == mended.model_sha256
    assert stored.image_crc32 != mended.image_crc32
    assert stored.macs == mended.macs == 1_969_000
    if whole:
        assert number(stored, "accuracy") == pytest.approx(0.9616)
        assert number(mended, "accuracy") == pytest.approx(0.9861)


def test_cifar10_fast_on_a_core_with_dsp(test_data: Path, tmp_path: Path) -> None:
    """The first images; each vector is one of those stored for all of CIFAR-10's test set."""
    store = tmp_path / "h.db"
    (record,) = measured(
        store, "mps2-an500", [str(test_data / FAST)], f"mlperf:{test_data / 'sets/ic01'}", 3
    )
    golden = {one.tobytes() for one in np.load(test_data / "golden/openmv360_cifar10_fast.npy")}
    assert all(one.tobytes() in golden for one in answers(store, record))
    assert record.macs == 6_558_720
