"""`harness models check` tells all that is in the way of a model, and where it fits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from builders.onnx_models import OnnxModel
from builders.tflite_builder import TfliteModel
from command_line import CommandLine

from harness import assembly, catalog
from harness.build.kernel_files import kernel_files
from harness.domain.kernel_code import LinkedKernel
from harness.model.lowering import supported

LENET = Path(__file__).parents[3] / "harness" / "bundled" / "lenet-digits.tflite"


def softmaxes(path: Path, **sizes: int) -> Path:
    """Operators in a row, each named operator refused by lowering, SOFTMAX in between."""
    model = TfliteModel()
    size = sizes.get("size", 4)
    x = model.tensor((1, size), "int8", 0.5, name="first")
    y = model.tensor((1, size), "int8", 1 / 256, -128, name="second")
    z = model.tensor((1, size), "int8", 1 / 256, -128, name="third")
    model.operator("CUMSUM", [x], [y])
    model.operator("SOFTMAX", [y], [z], beta=0.0)
    path.write_bytes(model.build([x], [z]))
    return path


def test_a_model_that_runs(harness: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # no cell is broken
    ended = harness("models", "check", "lenet-digits", "-t", "mps2-an500")
    assert ended.code == 0, ended.err
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines[0] == "lenet-digits: 8 operators, 328,512 MACs"
    assert "0 CONV_2D int8 1x28x28x1 → 1x24x24x8 reference/conv_2d cmsis-nn/conv_2d" in lines
    assert "4 RESHAPE int8 1x4x4x16 → 1x256 reference/reshape reference/reshape" in lines
    image = next(line for line in lines if line.startswith("mps2-an500"))
    assert image.endswith("2,048 5.6 1,024 yes")
    assert "mps2-an385" not in ended.out


def test_no_compiler_is_needed(harness: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert harness("models", "check", str(LENET)).code == 0


def test_all_refusals_are_told_at_once(harness: CommandLine, tmp_path: Path) -> None:
    path = softmaxes(tmp_path / "two.tflite")
    ended = harness("models", "check", str(path))
    assert ended.code == 3
    assert "refused for 2 reasons; sizes are open until it is mended" in ended.out
    assert f"{path}, operator 0 CUMSUM: the operator is not supported" in ended.out
    assert "\n  -> Build the model of " in ended.out
    assert f"{path}, operator 1 SOFTMAX: beta 0 times the input scale" in ended.out
    assert "\n  -> Quantise the model again, or convert it with beta 1." in ended.out


def test_all_refusals_of_onnx_are_told_at_once(harness: CommandLine, tmp_path: Path) -> None:
    model = OnnxModel()
    x = model.input([1, 6])
    for kind in ("Erf", "Sin"):
        x = model.quantized(model.node(kind, [x]), 0.1)[1]
    model.quantized(model.node("Cos", [model.input([1, 6], name="y")]), 0.1)
    path = tmp_path / "three.onnx"
    path.write_bytes(model.build(x, model.nodes[-1].output[0]))
    ended = harness("models", "check", str(path), "--json")
    assert ended.code == 3
    facts = json.loads(ended.out)
    assert [problem["where"].rpartition(" ")[2] for problem in facts["problems"]] == [
        "(Erf)",
        "(Sin)",
        "(Cos)",
    ]
    assert not any(target["fits"] for target in facts["targets"])


def test_a_model_for_some_targets(harness: CommandLine, tmp_path: Path) -> None:
    """300 KiB of activations are too many for a NUCLEO-F746ZG's arena of 256 KiB."""
    model = TfliteModel()
    size = 150 * 1024
    x = model.tensor((1, size), "int8", 0.5)
    y = model.tensor((1, size), "int8", 1 / 256, -128)
    model.operator("LOGISTIC", [x], [y])
    path = tmp_path / "wide.tflite"
    path.write_bytes(model.build([x], [y]))
    assert harness("models", "check", str(path)).code == 0
    ended = harness("models", "check", str(path), "-t", "nucleo-f746zg", "-t", "mps2-an500")
    assert ended.code == 3
    assert f"arena is {2 * size - 256 * 1024:,} bytes too small" in " ".join(ended.out.split())
    assert "choose a smaller model, or a target with more memory" in ended.out
    facts = json.loads(harness("models", "check", str(path), "-t", "nucleo-f746zg", "--json").out)
    (target,) = facts["targets"]
    assert target["too_small_by"] == {"arena": 2 * size - 256 * 1024}
    assert not target["fits"]


def test_what_the_host_does(harness: CommandLine, tmp_path: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1, 4), "float32", name="real")
    a = model.tensor((1, 4), "int8", 0.5, name="codes")
    y = model.tensor((1, 4), "int8", 1 / 256, -128, name="out")
    model.operator("QUANTIZE", [x], [a])
    model.operator("SOFTMAX", [a], [y], beta=1.0)
    path = tmp_path / "real.tflite"
    path.write_bytes(model.build([x], [y]))
    out = harness("models", "check", str(path)).out
    assert "note: input `real`: float32 in the file, int8 on the device; the host converts" in out
    assert "note: 1 of 2 operators are done or made needless on the host" in out


def test_the_layout_of_onnx_is_told(harness: CommandLine, tmp_path: Path) -> None:
    model = OnnxModel()
    x = model.input([1, 3, 6, 6])
    w = model.codes(np.ones((4, 3, 3, 3), np.int8), 0.01)
    codes = model.quantized(model.node("Conv", [x, w]), 0.1)[0]
    path = tmp_path / "net.onnx"
    path.write_bytes(model.build(codes))
    ended = harness("models", "check", str(path))
    assert ended.code == 0
    assert "images have their channels last: [n, h, w, c]" in ended.out
    assert "input  `x` int8 [1, 6, 6, 3]" in ended.out


def test_a_fallback_and_the_scratch_of_earlier_runs(
    harness: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    path = tmp_path / "mean.tflite"
    model = TfliteModel()
    x = model.tensor((1, 4, 4, 2), "int8", 0.5)
    y = model.tensor((1, 2), "int8", 0.5)
    model.operator("MEAN", [x, model.tensor((2,), "int32", data=[1, 2])], [y], keep_dims=False)
    path.write_bytes(model.build([x], [y]))
    ended = harness("models", "check", str(path), "-k", "cmsis-nn")
    assert "reference/mean (fallback)" in ended.out
    assert "arena without the scratch of kernels" in ended.out
    sha = json.loads(harness("models", "check", str(path), "--json").out)
    assert sha["scratch_bytes"] is None
    from harness.model import read_tflite

    source = read_tflite(path).source_sha256[:16]
    (tmp_path / "scratch").mkdir()
    for build, needed in (("a" * 16, 48), ("b" * 16, 80), ("c" * 16, "x")):
        (tmp_path / "scratch" / f"{build}-{source}.json").write_text(json.dumps([needed]))
    again = json.loads(harness("models", "check", str(path), "--json").out)
    assert again["scratch_bytes"] == 80
    assert again["arena_bytes"] >= sha["arena_bytes"] + 80 - 16


def test_a_damaged_file_is_the_users(harness: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(LENET.read_bytes()[:5000])
    ended = harness("models", "check", str(path))
    assert ended.code == 2
    assert ended.err.startswith(f"BadModel: {path}: the file is damaged or incomplete")


def test_a_set_without_a_kernel_is_told(
    harness: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "firmware" / "kernels" / "thin"
    folder.mkdir(parents=True)
    (folder / "kernels.toml").write_text('id = "thin"\ntitle = "One kernel"\n')
    (folder / "conv_2d.c").write_text('KERNEL(3, "CONV_2D", prepare, invoke);\n')
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    ended = harness("models", "check", "mlp-digits", "-k", "thin")
    assert ended.code == 3
    assert "kernel set thin has no kernel for it" in ended.out
    assert (
        "  -> Choose another kernel set (`harness kernels`), or add the kernel's file to this one."
        in ended.out
    )


def test_kernels_by_their_files_are_those_that_firmware_links() -> None:
    """What a lowering gives is somewhere in `reference`; the first folder with a file wins."""
    reference = {one.opcode: one for one in kernel_files(catalog.kernel_set("reference"))}
    assert reference[3] == LinkedKernel(3, "CONV_2D", "reference", "reference/conv_2d.c")
    assert reference[0x103].operator == "CONV_2D int16"
    assert len({one.operator for one in reference.values()} & set(supported())) > 25
    library = {one.opcode: one for one in kernel_files(catalog.kernel_set("cmsis-nn-scalar"))}
    assert library[3].source == "cmsis-nn/conv_2d.c"
    assert library[40] == LinkedKernel(40, "MEAN", "reference", "reference/mean.c", fallback=True)
    assert not library[22].fallback
    assert library.keys() >= reference.keys()


def test_every_bundled_model_runs_everywhere(harness: CommandLine) -> None:
    for name in assembly.model_names():
        assert harness("models", "check", name, "-k", "all").code == 0


def test_a_mended_copy_is_told(harness: CommandLine, tmp_path: Path) -> None:
    """As TensorFlow Lite Micro's person_detect.tflite: LiteRT refuses the bias's dimension."""
    model = TfliteModel()
    x = model.tensor((1, 4), "int8", 0.5)
    w = model.tensor((2, 4), "int8", 0.25, 0, np.ones((2, 4), np.int8))
    b = model.tensor((2,), "int32", 0.125, 0, [1, 2], axis=3)
    y = model.tensor((1, 2), "int8", 0.5)
    model.operator("FULLY_CONNECTED", [x, w, b], [y])
    path = tmp_path / "person.tflite"
    path.write_bytes(model.build([x], [y]))
    ended = harness("models", "check", str(path))
    assert ended.code == 0
    assert (
        "note: the host reference runs on a mended copy: 1 tensor with a quantised dimension "
        "beyond the rank"
    ) in ended.out


def test_what_litert_refuses_has_nothing_to_be_compared_with(
    harness: CommandLine, tmp_path: Path
) -> None:
    model = TfliteModel()
    x, y = model.tensor((2, 3), "uint8", 0.5, 128), model.tensor((3, 4), "uint8", 0.5, 128)
    z = model.tensor((2, 4), "uint8", 0.5, 128)
    model.operator("BATCH_MATMUL", [x, y], [z])
    path = tmp_path / "product.tflite"
    path.write_bytes(model.build([x, y], [z]))
    ended = harness("models", "check", str(path))
    assert ended.code == 2  # BadModel, as the run would end
    assert "refuses the model: tflite/kernels/batch_matmul.cc" in ended.out
    assert "  -> Convert it again." in ended.out
