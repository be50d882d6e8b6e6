"""LiteRT as the host reference: right outputs, its own errors mapped, no noise, and a cache."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import small_models as small
from builders.tflite_builder import TfliteModel

from harness.errors import BadDataset, BadModel, MeasurementError
from harness.model import HostReference, read_tflite, start_reference
from harness.model.front_ends import front_end_of

AGAIN = "Convert it again."
VERSION = metadata.version("ai-edge-litert")


@pytest.fixture
def dense(tmp_path: Path) -> Path:
    """y = clamp(round((x + 1) summed * 0.125) + 2) for four inputs, three equal rows of ones."""
    path = tmp_path / "dense.tflite"
    path.write_bytes(small.dense(bias=np.zeros(3, np.int32)))
    return path


INPUTS = np.array([[7, 7, 7, 7], [-1, -1, -1, -1], [127, 127, 127, 127]], np.int8)
# 32 / 8 + 2, 0 / 8 + 2, 512 / 8 + 2
OUTPUTS = np.array([[6, 6, 6], [2, 2, 2], [66, 66, 66]], np.int8)


def test_outputs(dense: Path) -> None:
    reference = HostReference(dense)
    outputs = reference.outputs(INPUTS)
    assert outputs.dtype == np.int8
    assert np.array_equal(outputs, OUTPUTS)
    assert np.array_equal(reference.outputs(INPUTS.reshape(3, 2, 2)), OUTPUTS)
    assert reference.outputs(INPUTS[:0]).shape == (0, 3)
    assert reference.version.split(".")[0].isdigit()


def test_tensors(tmp_path: Path) -> None:
    network = small.network_of(small.chain(), tmp_path)
    reference = HostReference(Path(network.source))
    value = np.arange(36, dtype=np.int8).reshape(6, 6)
    tensors = reference.tensors(value)
    names = {network.tensors[index].name: array for index, array in tensors.items()}
    assert list(names) == ["image", "conv", "flat", "logits", "classes"]
    assert np.array_equal(names["image"].ravel(), value.ravel())
    assert np.array_equal(names["conv"].ravel(), names["flat"].ravel())
    assert np.array_equal(names["classes"], reference.outputs(value[np.newaxis]))


@pytest.mark.parametrize(
    ("inputs", "what"),
    [
        (INPUTS.astype(np.uint8), "inputs are uint8 with 4 elements, the model takes int8 with 4"),
        (INPUTS[:, :3], "inputs are int8 with 3 elements, the model takes int8 with 4"),
    ],
)
def test_inputs_that_do_not_fit(dense: Path, inputs: np.ndarray, what: str) -> None:
    with pytest.raises(BadDataset) as caught:
        HostReference(dense).outputs(inputs)
    assert (caught.value.what, caught.value.where) == (what, str(dense))
    assert caught.value.hint == "Give inputs in the type and size of the model's input tensor."


def refusal(content: bytes, folder: Path) -> BadModel:
    path = folder / "model.tflite"
    path.write_bytes(content)
    with pytest.raises(BadModel) as caught:
        HostReference(path)
    assert caught.value.where == str(path)
    error: BadModel = caught.value
    return error


def test_what_litert_refuses(tmp_path: Path) -> None:
    # An absent bias that is listed: LiteRT's convolution wants it there or not listed at all.
    model = TfliteModel()
    x, y = model.tensor((1, 2, 2, 1), "int8", 0.5, 0), model.tensor((1, 2, 2, 1), "int8", 0.5, 0)
    w = model.tensor((1, 1, 1, 1), "int8", 0.5, 0, np.ones((1, 1, 1, 1)))
    model.operator("CONV_2D", [x, w, -1], [y], **small.ONES)
    error = refusal(model.build([x], [y]), tmp_path)
    assert error.what.startswith(f"LiteRT {VERSION} refuses the model: ")
    assert "failed to prepare" in error.what
    assert "\n" not in error.what
    assert error.hint == AGAIN


def test_a_damaged_file_does_not_reach_litert(tmp_path: Path) -> None:
    assert "damaged or incomplete" in refusal(small.dense()[:400], tmp_path).what


def test_several_inputs(tmp_path: Path) -> None:
    model = TfliteModel()
    a, b, y = (model.tensor((1, 4), "int8", 0.5, 0) for _ in range(3))
    model.operator("ADD", [a, b], [y])
    path = tmp_path / "two.tflite"
    path.write_bytes(model.build([a, b], [y, y]))
    # Both inputs one behind the other; so are the outputs.
    outputs = HostReference(path).outputs(np.array([[1, 2, 3, 4, 10, 20, 30, 40]], np.int8))
    assert outputs.tolist() == [[11, 22, 33, 44] * 2]
    with pytest.raises(BadDataset) as caught:
        HostReference(path).outputs(np.zeros((1, 9), np.int8))
    assert caught.value.what == "inputs are int8 with 9 elements, the model takes int8 with 8"


def test_elements_without_a_size(tmp_path: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1,), "string", name="words")
    error = refusal(model.build([x], [x]), tmp_path)
    assert error.what == "`words` string [1] has elements that numpy cannot hold"
    assert error.hint == "Export a model with int8 input and output."


def test_a_file_that_changed_meanwhile(dense: Path) -> None:
    sha = read_tflite(dense).source_sha256
    with pytest.raises(BadModel) as caught:
        HostReference(dense, "0" * 64)
    assert caught.value.what == (
        f"the file changed while it was in use: its sha256 is now {sha}, it was {'0' * 64}"
    )
    assert caught.value.hint == "Run again with the file left alone."


@pytest.mark.parametrize("scales", [0.25, (0.25, 0.5, 1.0)])
def test_biases_with_a_foreign_axis_run(scales: float, tmp_path: Path) -> None:
    """As in TensorFlow Lite Micro's person_detect, which desktop interpreters refuse."""
    value = np.arange(32, dtype=np.int8).reshape(1, 32)
    outputs = []
    for axis in (0, 3):
        path = tmp_path / f"axis{axis}.tflite"
        path.write_bytes(small.conv_2d(filter_scales=scales, bias_axis=axis))
        outputs.append(HostReference(path).outputs(value))
    assert np.array_equal(*outputs)
    told = [front_end_of(one).compared_with(one) for one in sorted(tmp_path.glob("*.tflite"))]
    assert told[0].version == told[0].key == told[1].key == VERSION
    assert told[1].version == (
        f"{VERSION}, with a mended copy of the model: 1 tensor with a quantised dimension beyond "
        "the rank"
    )


def test_nothing_is_printed(dense: Path) -> None:
    """LiteRT's C++ side writes to the streams itself; a delegate would announce itself there."""
    code = (
        "import sys, numpy as np; from pathlib import Path;"
        "from harness.model import HostReference;"
        "r = HostReference(Path(sys.argv[1])); x = np.zeros((1, 4), np.int8);"
        "r.outputs(x); r.tensors(x[0])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always::UserWarning", "-c", code, str(dense)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_importing_the_room_does_not_load_litert() -> None:
    code = (
        "import sys, harness.model;"
        "sys.exit(any(name.startswith('ai_edge_litert') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_litert_lets_other_threads_run(tmp_path: Path) -> None:
    """The link is served by Python while the reference computes in a thread."""
    path = tmp_path / "large.tflite"
    shape, filters = (1, 96, 96, 64), (64, 3, 3, 64)
    path.write_bytes(
        small.conv_2d(x_shape=shape, f_shape=filters, y_shape=shape, filter_scales=0.25)
    )
    reference = HostReference(path)
    inputs = np.zeros((1, 96 * 96 * 64), np.int8)
    worked: list[float] = []

    def compute() -> None:
        reference.outputs(inputs)
        worked.append(time.thread_time())

    worker = threading.Thread(target=compute)
    before = time.thread_time()
    worker.start()
    while worker.is_alive():
        pass
    # Processor time, which other programs do not disturb: were the lock held during the inference,
    # this thread would have next to none of it.
    assert time.thread_time() - before > worked[0] / 20


def start(path: Path, cache: Path, inputs: np.ndarray = INPUTS, sha: str | None = None):
    model_sha256 = sha or read_tflite(path).source_sha256
    return start_reference(
        path, inputs, model_sha256=model_sha256, dataset_sha256="d" * 64, cache_dir=cache
    )


def test_outputs_are_computed_once(dense: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "reference"
    pending = start(dense, cache)
    assert np.array_equal(pending.result(60), OUTPUTS)
    assert (pending.compared_with.name, pending.compared_with.version) == ("litert", VERSION)
    (entry,) = cache.iterdir()
    assert entry.name.endswith(f"-{'d' * 16}-{VERSION}.npy")
    # A changed entry shows where the second answer comes from.
    np.save(entry, OUTPUTS + 1)
    assert np.array_equal(start(dense, cache).result(0), OUTPUTS + 1)


def test_entries_that_do_not_fit_are_computed_again(dense: Path, tmp_path: Path) -> None:
    start(dense, tmp_path / "cache").result(60)
    (entry,) = (tmp_path / "cache").iterdir()
    whole = entry.read_bytes()
    for content in (b"", whole[:40], whole[:-1], b"PK\3\4garbage", b"\x80\x04N."):
        entry.write_bytes(content)
        assert np.array_equal(start(dense, tmp_path / "cache").result(60), OUTPUTS)
        assert entry.read_bytes() == whole
    two = start(dense, tmp_path / "cache", INPUTS[:2])
    assert np.array_equal(two.result(60), OUTPUTS[:2])


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(dense: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert np.array_equal(start(dense, tmp_path / "file").result(60), OUTPUTS)


def test_errors_arrive_with_the_result(dense: Path, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="the file changed while it was in use"):
        start(dense, tmp_path / "cache", sha="0" * 64).result(60)
    with pytest.raises(BadDataset, match="inputs are int8 with 2 elements"):
        start(dense, tmp_path / "cache", INPUTS[:, :2]).result(60)
    assert not (tmp_path / "cache").exists()


def many(folder: Path) -> tuple[Path, np.ndarray]:
    path = folder / "slow.tflite"
    shape, filters = (1, 64, 64, 32), (32, 3, 3, 32)
    path.write_bytes(
        small.conv_2d(x_shape=shape, f_shape=filters, y_shape=shape, filter_scales=0.25)
    )
    return path, np.zeros((400, 64 * 64 * 32), np.int8)


def test_waiting_has_a_deadline_and_cancelling_ends_the_work(tmp_path: Path) -> None:
    path, inputs = many(tmp_path)
    pending = start(path, tmp_path / "cache", inputs)
    with pytest.raises(MeasurementError) as caught:
        pending.result(0.001)
    assert caught.value.what == "the host reference is not ready after 0.001 s"
    assert caught.value.hint == "Take fewer inputs with `--limit`, or a smaller model."
    pending.cancel()
    with pytest.raises(MeasurementError, match=r"was cancelled after \d+ of 400 inputs") as caught:
        pending.result(60)
    assert caught.value.hint == "Run the case again."
    assert not (tmp_path / "cache").exists()
