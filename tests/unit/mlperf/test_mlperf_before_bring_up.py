"""What is refused of benchmark, model and data before a device is built, flashed or opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import assembly
from harness.bench.events import Event
from harness.bench.mlperf import benchmark_of
from harness.domain.mlperf import BENCHMARKS, Mode
from harness.errors import BadDataset, ConfigError, RigError

NOWHERE = "socket://127.0.0.1:9"
KWS = "models/mlperf-tiny/kws_ref_model.tflite"


def refused(model: str | Path | None, data: Path, benchmark: str | None = None) -> str:
    """What is said of a target with `model`, before its first stage, or of a port without it."""
    device: str | assembly.OnTarget = NOWHERE
    stages: list[Event] = []
    if model is not None:
        device = assembly.OnTarget("mps2-an500", str(model), "reference", on_event=stages.append)
    with pytest.raises(ConfigError) as caught:  # a port that is opened is another error
        assembly.mlperf(device, benchmark, data, Mode.ACCURACY, sessions=data / "never")
    assert stages == []
    assert not (data / "never").exists()
    return str(caught.value)


def labelled(folder: Path, line: str, **contents: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / "y_labels.csv").write_text(line)
    for name, content in contents.items():
        (folder / f"{name}.bin").write_bytes(content)
    return folder


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    told = f"{tmp_path}/gone: there is no such folder\n  -> Correct the path of --data."
    for benchmark in (None, "kws01"):
        assert refused(None, tmp_path / "gone", benchmark) == told


def test_a_folder_without_labels(tmp_path: Path) -> None:
    assert refused(None, tmp_path) == (
        f"{tmp_path}: has no y_labels.csv, and no folder kws01 or ic01 or vww01 or ad01 with one\n"
        "  -> Name the folder of a data set, or the one that holds it."
    )


def test_a_folder_of_whatever_benchmark_waits_for_the_device(tmp_path: Path) -> None:
    labelled(tmp_path / "ic01", "a.bin,10,0\n")
    with pytest.raises(RigError, match=r"127\.0\.0\.1:9"):
        assembly.mlperf(NOWHERE, None, tmp_path, Mode.ACCURACY)


def test_data_of_another_benchmark(tmp_path: Path) -> None:
    labelled(tmp_path / "set", "a.bin,10,0\n", a=bytes(3072))
    with pytest.raises(BadDataset, match=r"3,072 bytes .* kws01 takes 490 bytes per inference"):
        assembly.mlperf(NOWHERE, "kws01", tmp_path / "set", Mode.ACCURACY)


def test_a_model_that_is_no_benchmark_s(tmp_path: Path) -> None:
    assert refused("mlp-digits", tmp_path) == (
        "--model: mlp-digits takes 784 values per inference, and is no benchmark's model\n"
        "  -> Take a model whose input is a benchmark's: "
        "kws01 490, ic01 3,072, vww01 27,648, ad01 640."
    )


def test_a_model_of_another_benchmark(test_data: Path, tmp_path: Path) -> None:
    assert refused(test_data / KWS, tmp_path, "ic01") == (
        "--benchmark: kws_ref_model.tflite is a model of kws01, not of ic01\n"
        "  -> Say --benchmark kws01, or leave it out."
    )


def test_a_target_s_data_are_read_first(test_data: Path, tmp_path: Path) -> None:
    labelled(tmp_path / "kws01", "a.bin,12,0\n")
    told = refused(test_data / KWS, tmp_path)
    assert "1 of 1 inputs that y_labels.csv names are missing: a.bin" in told


@pytest.mark.parametrize(
    ("file", "benchmark"),
    [
        ("kws_ref_model", "kws01"),
        ("pretrainedResnet_quant", "ic01"),
        ("vww_96_int8", "vww01"),
        ("ad01_int8", "ad01"),
    ],
)
def test_the_benchmark_of_each_published_model(test_data: Path, file: str, benchmark: str) -> None:
    (case,) = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=["reference"],
        models=[str(test_data / f"models/mlperf-tiny/{file}.tflite")],
    )
    assert benchmark_of(case) is BENCHMARKS[benchmark]
