"""`harness mlperf` with the harness's own firmware: published models, and what is kept of them."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from builders.traces import summary
from devices.mps2_firmware import needs_qemu
from devices.virtual_board import needs_unicorn

from harness import assembly
from harness.assembly.mlperf import MlperfResult
from harness.assembly.power_again import analyse_again
from harness.assembly.power_recordings import recording_named, recordings_of_run
from harness.domain.energy_asked import EnergyAsked
from harness.domain.measurement import Measurement
from harness.domain.mlperf import Mode
from harness.domain.power_analysis import Analysis
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity
from harness.model import HostReference, compile_image, read_tflite
from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
MODELS = "models/mlperf-tiny"
KWS, RESNET = f"{MODELS}/kws_ref_model.tflite", f"{MODELS}/pretrainedResnet_quant.tflite"
AUTOENCODER, VWW = f"{MODELS}/ad01_int8.tflite", f"{MODELS}/vww_96_int8.tflite"
CLOCK_HZ = 25_000_000
FEATURES, SLICES = 128, 5


def session(
    test_data: Path,
    folder: Path,
    tmp_path: Path,
    model: str,
    mode: Mode = Mode.ACCURACY,
    *,
    target: str = "mps2-an500",
    kernels: str = "cmsis-nn",
    **options: object,
) -> tuple[MlperfResult, CaseRecord]:
    """Run one; it is in no list of runs, and its numbers in no column of theirs."""
    outcome = assembly.mlperf(
        assembly.OnTarget(target, str(test_data / model), kernels),
        None,
        folder,
        mode,
        sessions=tmp_path / "sessions",
        results=tmp_path / "r.db",
        **options,  # type: ignore[arg-type]
    )
    store = open_store(tmp_path / "r.db")
    assert store.runs() == []
    assert store.last_run() is None
    assert store.cases(outcome.run_id) == []
    (record,) = store.sessions(outcome.run_id)
    assert record.target_id == f"mlperf:{target}"
    assert (record.fidelity, record.kernel_set) == (Fidelity.SIMULATED, kernels)
    assert re.fullmatch("[0-9a-f]{40}", record.build_id or "")
    assert all(reading.quantity.endswith("_sim") for reading in record.readings)
    return outcome, record


def value(record: CaseRecord, quantity: str) -> Measurement:
    reading = record.reading(quantity)
    assert isinstance(reading, Measurement), reading
    return reading


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


def right_among(data: Path, golden: str, numbers: list[int]) -> int:
    """How many of the inputs LiteRT gets right, from its stored outputs."""
    rows = (data / "golden" / f"{golden}.csv").read_text().splitlines()[1:]
    columns = [rows[number].split(",") for number in numbers]
    return sum(label == predicted for _, label, predicted in columns)


def test_keyword_spotting_accuracy(test_data: Path, tmp_path: Path, full_sets: bool) -> None:
    numbers = list(range(1000)) if full_sets else list(range(0, 1000, 40))
    folder = part_of(test_data / "sets/kws01", numbers, tmp_path / "kws01")
    outcome, record = session(test_data, folder, tmp_path, KWS)
    right = right_among(test_data, "kws01", numbers)
    if full_sets:
        assert right == 901
    assert outcome.score is not None
    assert (outcome.score.correct, outcome.score.files) == (right, len(numbers))
    assert value(record, "mlperf_accuracy_sim").value == right / len(numbers)
    first = (outcome.folder / "results.txt").read_text().splitlines()[0]
    assert first.endswith("Top 1% = 90.1" if full_sets else f"= {100 * right / len(numbers):.1f}")


def test_five_windows_of_performance(test_data: Path, tmp_path: Path) -> None:
    outcome, record = session(
        test_data,
        test_data / "sets/kws01",
        tmp_path,
        KWS,
        Mode.PERFORMANCE,
        inferences=40,
        warmup=1,
    )
    reading = value(record, "mlperf_throughput_sim")
    assert (reading.n, reading.fidelity) == (5, Fidelity.SIMULATED)
    # Five inputs: counts that vary with the data in SOFTMAX alone.
    assert reading.maximum - reading.minimum <= 1e-3 * reading.value
    instructions = CLOCK_HZ / reading.value
    assert 5e6 < instructions < 8e6, "what `harness run` counts for this model"
    median = f"Median throughput is {reading.value:>10.3f} inf./sec."
    assert median in (outcome.folder / "results.txt").read_text()
    entries = json.loads((outcome.folder / "results.json").read_text())
    assert [entry["infer"]["iterations"] for entry in entries] == [40] * 5
    rows = (test_data / "sets/kws01/y_labels.csv").read_text().splitlines()
    assert [entry["file"] for entry in entries] == [row.split(",")[0] for row in rows[:5]]
    assert all(entry["infer"]["elapsed_time"] >= 10_000_000 for entry in entries)


def test_the_energy_of_five_windows(test_data: Path, tmp_path: Path) -> None:
    """A virtual meter sees the stamps: 30 mW while the firmware computes, 1 ns per instruction."""
    outcome, record = session(
        test_data,
        test_data / "sets/kws01",
        tmp_path,
        KWS,
        Mode.ENERGY,
        inferences=3,
        warmup=0,
        energy=EnergyAsked(meter="virtual:ppk2"),
    )
    reading = value(record, "mlperf_energy_sim")
    assert (reading.n, reading.fidelity) == (5, Fidelity.SIMULATED)
    assert reading.method.startswith("alignment pulse; 3 V")
    instructions = reading.value / 30e-3 / 1e-9
    assert 5e6 < instructions < 8e6, "what `harness run` counts for this model"
    require_same_again(outcome.run_id, record, reading.value, str(tmp_path / "r.db"))


def require_same_again(run: str, record: CaseRecord, measured_j: float, results: str) -> None:
    """Five recordings with what is known of them; idle takes 6 mW of the 30."""
    kinds = [f"power-{what}-{n}" for what in ("board", "trace") for n in range(1, 6)]
    assert sorted(kind for kind, _ in record.raw) == kinds
    (recorded,) = recordings_of_run(run, (), results)
    assert summary(analyse_again(recorded, Analysis()).reading).energy_j == measured_j
    net = summary(analyse_again(recorded, Analysis(baseline=("idle", 0.0, 2e-3))).reading)
    assert (net.energy_j, len(net.windows)) == (measured_j, 5)
    assert net.net_j == pytest.approx(measured_j * 24 / 30, rel=1e-3)
    fifth = recording_named(dict(record.raw)["power-trace-5"][:12], results)
    (window,) = summary(analyse_again(fifth, Analysis()).reading).windows
    assert window == net.windows[4]


def test_pixels_of_image_classification(test_data: Path, tmp_path: Path) -> None:
    numbers = list(range(0, 200, 25))
    folder = part_of(test_data / "sets/ic01", numbers, tmp_path / "ic01")
    outcome, _ = session(test_data, folder, tmp_path, RESNET, kernels="reference")
    assert outcome.score is not None
    assert outcome.score.correct == right_among(test_data, "ic01-mlcommons", numbers)
    golden = np.load(test_data / "golden/ic01-mlcommons.npy").reshape(200, -1)[numbers]
    # SOFTMAX has the scale 1/256 and the zero point -128 (TensorFlow Lite's quantisation spec).
    expected = (golden.astype(int) + 128) / 256
    got = [answer.inference.results for answer in outcome.answers]
    assert np.allclose(got, expected, atol=5.1e-4, rtol=0)


def spectrograms(folder: Path) -> dict[str, np.ndarray]:
    """Four files of two machines, each a normal and an odd one, with their labels file."""
    folder.mkdir()
    draw = np.random.default_rng(3)
    files = {}
    for machine, odd in itertools.product(("01", "02"), (0, 1)):
        name = f"{('normal', 'anomaly')[odd]}_id_{machine}_00000000.bin"
        slices = draw.normal(-30, 4 + 3 * odd, (SLICES + 3, FEATURES)).astype("<f4")
        files[name] = slices
        (folder / name).write_bytes(slices.tobytes())
    lines = [f"{name},2,{int('anomaly' in name)},2560,512\n" for name in files]
    (folder / "y_labels.csv").write_text("".join(lines))
    return files


def window_errors(model: Path, slices: np.ndarray) -> list[float]:
    """Mean square error of each sliding window and its reconstruction by LiteRT."""
    image = compile_image(read_tflite(model))
    taken, given = image.inputs[0], image.outputs[0]
    windows = np.array([slices[at : at + SLICES].ravel() for at in range(len(slices) - SLICES + 1)])
    quantised = np.clip(np.round(windows / taken.scale) + taken.zero_point, -128, 127)
    outputs = HostReference(model).outputs(quantised.astype(np.int8)).astype(float)
    rebuilt = (outputs - given.zero_point) * given.scale
    return list(np.mean((rebuilt - windows) ** 2, axis=1))


def test_sliding_windows_of_anomaly_detection(test_data: Path, tmp_path: Path) -> None:
    files = spectrograms(tmp_path / "ad01")
    outcome, record = session(
        test_data, tmp_path / "ad01", tmp_path, AUTOENCODER, kernels="reference"
    )
    expected = {name: window_errors(test_data / AUTOENCODER, one) for name, one in files.items()}
    got = {name: [] for name in files}  # type: dict[str, list[float]]
    for answer in outcome.answers:
        (error,) = answer.inference.results
        got[answer.step.truth.file].append(error)
    for name in files:
        # Sums of 640 squares in single precision, told with three digits.
        assert got[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-3)
    means = {name: float(np.mean(errors)) for name, errors in expected.items()}
    odd = [means[name] for name in files if "anomaly" in name]
    normal = [means[name] for name in files if "normal" in name]
    above = [(one > other) + 0.5 * (one == other) for one in odd for other in normal]
    assert value(record, "mlperf_auc_sim").value == pytest.approx(np.mean(above))
    assert outcome.score is not None
    assert set(outcome.score.auc_by_machine) == {"id_01", "id_02"}
    first, second = (outcome.folder / "results.txt").read_text().splitlines()
    assert "ulp-mlperf: Top 1% = " in first
    assert second.endswith(f"ulp-mlperf: AUC = {np.mean(above):.3f}")


def test_visual_wake_words_fit_the_input_buffer(test_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vww01"
    folder.mkdir()
    pixels = np.random.default_rng(1).integers(0, 256, 96 * 96 * 3).astype(np.uint8)
    (folder / "0.bin").write_bytes(pixels.tobytes())
    (folder / "y_labels.csv").write_text("0.bin,2,0\n")
    outcome, _ = session(test_data, folder, tmp_path, VWW, kernels="reference")
    (answer,) = outcome.answers
    signed = (pixels.astype(int) - 128).astype(np.int8).reshape(1, 96, 96, 3)
    (golden,) = HostReference(test_data / VWW).outputs(signed)
    expected = (golden.astype(int).ravel() + 128) / 256
    assert answer.inference.results == pytest.approx(expected, abs=5.1e-4)


@needs_unicorn
def test_a_board_s_simulated_twin_says_what_it_is(test_data: Path, tmp_path: Path) -> None:
    numbers = [0, 500]
    folder = part_of(test_data / "sets/kws01", numbers, tmp_path / "kws01")
    outcome, record = session(test_data, folder, tmp_path, KWS, target="openmv-h7-virtual")
    assert outcome.peer.names.name == "openmv-h7-virtual simulated"
    assert outcome.score is not None
    assert outcome.score.correct == right_among(test_data, "kws01", numbers)
    assert [reading.quantity for reading in record.readings] == ["mlperf_accuracy_sim"]
