"""`--fix-input-shift`, `harness models quantise` and the studies of both, from the front door."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from builders.caffe_model import labelled, model
from builders.q7_operator import small_network
from command_line import CommandLine, command_line

from harness import assembly
from harness.errors import BadModel, ConfigError, UnknownName
from harness.model.openmv_file import encode_openmv


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return command_line(monkeypatch, capsys)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "net.network"
    path.write_bytes(encode_openmv(small_network()))
    return path


def names(*models: object) -> list[str]:
    cases = assembly.plan(
        targets=["mps2-an500"], kernel_sets=["reference"], models=list(map(str, models))
    )
    return [case.model.name for case in cases]


def test_options_are_part_of_a_models_name(network: Path) -> None:
    assert names(network, f"{network},fix-input-shift", f"{network},host-input") == [
        "net",
        "net (input shift mended)",
        "net (input scaled on the host)",
    ]


def test_a_path_with_a_comma_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a,b.network"
    path.write_bytes(encode_openmv(small_network()))
    assert names(path) == ["a,b"]


def test_options_that_are_not_there(network: Path) -> None:
    with pytest.raises(UnknownName, match="there is no option 'fix' for such a model"):
        names(f"{network},fix")
    with pytest.raises(UnknownName, match="no option 'fix-input-shift'"):
        names("lenet-digits,fix-input-shift")
    with pytest.raises(UnknownName, match="there is no model file at this path"):
        names(f"{network.with_name('none.network')},fix-input-shift")
    other = network.rename(network.with_suffix(".bin"))
    with pytest.raises(BadModel, match="the name does not tell what kind of model it is"):
        names(f"{other},fix-input-shift")


def test_stored_and_mended_are_run_side_by_side(network: Path) -> None:
    mended = f"{network},fix-input-shift"
    both = assembly.also_with(["lenet-digits", str(network)], "fix-input-shift")
    assert both == ["lenet-digits", str(network), mended]
    with pytest.raises(ConfigError) as caught:
        assembly.also_with(["lenet-digits"], "fix-input-shift")
    assert str(caught.value) == (
        "--fix-input-shift: none of the models has the option fix-input-shift\n"
        "  -> Name one with --model that has, or leave the option out."
    )


def test_the_flag_without_such_a_model_ends_with_2(harness: CommandLine) -> None:
    ended = harness("run", "-m", "lenet-digits", "--fix-input-shift")
    assert ended.code == 2
    assert "none of the models has the option" in ended.err


def test_a_network_is_checked_before_a_build(harness: CommandLine, network: Path) -> None:
    ended = harness("models", "check", network, "-t", "mps2-an500")
    assert ended.code == 0, ended.err
    assert "CONV_2D_Q7" in ended.out
    assert "reference/conv_2d_q7" in ended.out


def test_quantise_tells_its_search(
    harness: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    weights, dataset = model(tmp_path), labelled(tmp_path)
    ended = harness("models", "quantise", weights, "-d", dataset)
    assert ended.code == 0, ended.err
    assert "written: tiny_iter_10.network" in ended.out
    assert "images of 4x4 less 33; accuracy on these 50 inputs" in ended.out
    first = (tmp_path / "tiny_iter_10.network").read_bytes()
    ended = harness(
        "models", "quantise", weights, "-d", dataset, "--mean", "33", "-o", "b.network", "--json"
    )
    assert (tmp_path / "b.network").read_bytes() == first
    rows = json.loads(ended.out)
    assert {row["what"] for row in rows} == {"weights", "output", "biases"}
    assert rows[0]["layer"] == "conv1"
    ended = harness("models", "quantise", weights, "-d", dataset, "--mean", "a:b")
    assert (ended.code, "a:b are no means" in ended.err) == (2, True)
    ended = harness("run", "-m", weights, "-t", "mps2-an500")
    assert ended.code == 3
    assert "the model is float32: Tiny, 4 layers of Caffe" in ended.err


def test_studies_list_the_files_they_need(harness: CommandLine, tmp_path: Path) -> None:
    ended = harness("reproduce", "--json")
    listed = {row["id"] for row in json.loads(ended.out)}
    assert {"openmv-lenet", "caffe-cifar10"} <= listed
    ended = harness("reproduce", "caffe-cifar10", "--files", "--data", tmp_path, "--json")
    needed = {row["file"]: row for row in json.loads(ended.out)}
    weights = needed["models/arm-cifar10-caffe/cifar10_m7_iter_300000.caffemodel.h5"]
    assert weights["there"] == "no"
    assert weights["from"] == "github.com/ARM-software/ML-examples, cmsisnn-cifar10/models"


def test_a_study_without_any_file_runs_nothing(harness: CommandLine, tmp_path: Path) -> None:
    ended = harness("reproduce", "caffe-cifar10", "--data", tmp_path)
    assert ended.code == 2
    assert "no row of caffe-cifar10 has all its files; needed are:" in ended.err
    assert "sets/ic01  from the 200 CIFAR-10 test images" in ended.err


def test_rows_without_files_say_where_to_get_them(harness: CommandLine, tmp_path: Path) -> None:
    """The battery's row needs none: it is a model, says so, and stands beside the published."""
    ended = harness("reproduce", "openmv-lenet", "--data", tmp_path, "-q", "--json")
    assert ended.code == 0, ended.err
    rows = json.loads(ended.out)["rows"]
    missing = {row["missing"]: row["from"] for row in rows if "missing" in row}
    assert "github.com/openmv/openmv" in missing["models/openmv/v3.6.0/lenet/lenet.network"]
    figures = {row["quantity"]: row for row in rows if "quantity" in row}
    life = figures["life of 1 Ah, one inference a minute"]
    assert life["how"].startswith("MODEL: ")
    assert (life["published"], life["comparable"]) == ("a year", False)
    # 105 mA for 1/50 s of each minute, and 2.06 uA: 37.06 uA, so 1 Ah lasts 26,984 h.
    assert life["measured"] == "3.1 years"
    # What a meter says is told for each target, whose rows lack their files here.
    assert "mean current while it infers" not in figures
    assert all(row["how"].startswith("MODEL: ") for row in figures.values())


def test_a_damaged_file_fails_its_row_alone(harness: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "models/openmv/v3.6.0/cifar10_fast"
    folder.mkdir(parents=True)
    (folder / "cifar10_fast.network").write_bytes(b"CAFE\x01")
    images = tmp_path / "sets/ic01"
    images.mkdir(parents=True)
    (images / "y_labels.csv").write_text("a.bin,10,1\n")
    (images / "a.bin").write_bytes(np.zeros(3072, np.uint8).tobytes())
    ended = harness("reproduce", "openmv-lenet", "--data", tmp_path, "-q", "--json")
    assert ended.code == 2
    errors = [row["error"] for row in json.loads(ended.out)["rows"] if "error" in row]
    assert len(errors) == 1
    assert "byte 4 of 5: the file ends inside the number of layers" in errors[0]
