"""What a user can get wrong: the exit code says whose turn it is, the message what to do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from command_line import CommandLine

from harness.model import compile_image, read_tflite
from harness.results import open_store

ROOT = Path(__file__).resolve().parents[3]
LENET = ROOT / "harness" / "bundled" / "lenet-digits.tflite"
ONE = ("run", "-t", "mps2-an500", "-k", "reference")


def nothing_was_kept(folder: Path) -> bool:
    return not (folder / "results").exists()


def refused(harness: CommandLine, folder: Path, *words: object) -> str:
    """Run a command that must end as the user's fault before anything was measured or kept."""
    ended = harness(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert nothing_was_kept(folder)
    return ended.err


# Models


def test_not_a_flatbuffer(harness: CommandLine, folder: Path) -> None:
    Path("photo.tflite").write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    assert refused(harness, folder, *ONE, "-m", "photo.tflite") == (
        f"BadModel: {folder / 'photo.tflite'}: not a TensorFlow Lite model: bytes 4 to 7 of 72 "
        "are b'\\r\\n\\x1a\\n', not b'TFL3'\n"
        "  -> Give a `.tflite` file, as TFLiteConverter writes it.\n"
    )


def test_a_model_cut_short(harness: CommandLine, folder: Path) -> None:
    Path("cut.tflite").write_bytes(LENET.read_bytes()[:5000])
    assert refused(harness, folder, *ONE, "-m", "cut.tflite") == (
        f"BadModel: {folder / 'cut.tflite'}: the file is damaged or incomplete: an offset leads "
        "outside its 5,000 bytes\n"
        "  -> Copy or convert the model again.\n"
    )


def test_an_empty_model(harness: CommandLine, folder: Path) -> None:
    Path("empty.tflite").touch()
    assert re.fullmatch(
        r"BadModel: .*/empty\.tflite: .+\n  -> .+\n",
        refused(harness, folder, *ONE, "-m", "empty.tflite"),
    )


def test_a_folder_is_no_model(harness: CommandLine, folder: Path) -> None:
    Path("net.tflite").mkdir()
    message = refused(harness, folder, *ONE, "-m", "net.tflite")
    assert message == (
        "UnknownName: net.tflite: there is no model file at this path\n"
        "  -> Correct the path, or name a bundled model (`harness models`).\n"
    )


def softmax(dtype: str) -> bytes:
    model = TfliteModel()
    scale = None if dtype == "float32" else 0.5
    x = model.tensor((1, 4), dtype, scale, name="scores")
    y = model.tensor((1, 4), dtype, scale and 1 / 256, 0 if scale is None else -128, name="shares")
    model.operator("SOFTMAX", [x], [y], beta=1.0)
    return model.build([x], [y])


def test_a_float_model(harness: CommandLine, folder: Path) -> None:
    Path("float.tflite").write_bytes(softmax("float32"))
    message = refused_by_the_build(harness, folder, *ONE, "-m", "float.tflite")
    assert message.startswith(f"UnsupportedOperator: {folder / 'float.tflite'}, operator 0 SOFTMAX")
    assert "`scores` float32 [1, 4]" in message
    assert message.endswith("\n  -> Quantise it to full int8 (input and output int8).\n")


def test_an_unsupported_operator(harness: CommandLine, folder: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1, 4), "int8", 0.5, name="before")
    y = model.tensor((1, 4), "int8", 1 / 256, -128, name="after")
    model.operator("CUMSUM", [x], [y])
    Path("cumsum.tflite").write_bytes(model.build([x], [y]))
    message = refused_by_the_build(harness, folder, *ONE, "-m", "cumsum.tflite")
    where = f"{folder / 'cumsum.tflite'}, operator 0 CUMSUM"
    assert message.startswith(f"UnsupportedOperator: {where}: ")
    for word in ("`before` int8 [1, 4]", "`after` int8 [1, 4]", "\n  -> "):
        assert word in message


def refused_by_the_build(harness: CommandLine, folder: Path, *words: object) -> str:
    ended = harness(*words)
    assert ended.code == 3
    assert ended.out == ""
    assert nothing_was_kept(folder)
    return ended.err


# Data sets


def test_inputs_of_another_size(harness: CommandLine, folder: Path) -> None:
    np.save("x.npy", np.zeros((5, 28, 27, 1), np.int8))
    message = refused(harness, folder, *ONE, "-m", "lenet-digits", "-d", "npy:x.npy")
    assert message.startswith("BadDataset: ")
    for word in ("x.npy", "28", "27", "\n  -> "):
        assert word in message


def test_labels_that_name_a_missing_input(harness: CommandLine, folder: Path) -> None:
    Path("set").mkdir()
    Path("set/first.bin").write_bytes(bytes(784))
    Path("set/y_labels.csv").write_text("first.bin, 10, 3\nsecond.bin, 10, 4\n")
    message = refused(harness, folder, *ONE, "-m", "lenet-digits", "-d", "mlperf:set?dtype=int8")
    assert message.startswith("BadDataset: ")
    for word in ("y_labels.csv", "second.bin", "\n  -> "):
        assert word in message


def test_labels_of_another_model(harness: CommandLine, folder: Path) -> None:
    np.save("x.npy", np.zeros((2, 28, 28, 1), np.int8))
    np.save("y.npy", np.array([3, 10]))
    message = refused(harness, folder, *ONE, "-m", "lenet-digits", "-d", "npy:x.npy,y.npy")
    assert message == (
        "BadDataset: npy:x.npy,y.npy: labels go up to 10, but lenet-digits has 10 outputs "
        "(0 to 9)\n"
        "  -> Choose the data set this model was trained for.\n"
    )


# Names


@pytest.mark.parametrize(
    ("words", "kind", "name", "nearest"),
    [
        (("-t", "mps2-an5000"), "target", "mps2-an5000", "mps2-an500"),
        (("-t", "MPS2-AN386"), "target", "MPS2-AN386", "mps2-an386"),
        (("-k", "cmsis"), "kernel set", "cmsis", "cmsis-nn"),
        (("-m", "lenet-digit"), "model", "lenet-digit", "lenet-digits"),
        (("-b", "single-round"), "build variant", "single-round", "single-rounding"),
        (("-d", "mlpref:kws01"), "data set", "mlpref", "mlperf"),
    ],
)
def test_a_name_that_does_not_exist(
    harness: CommandLine, folder: Path, words: tuple[str, ...], kind: str, name: str, nearest: str
) -> None:
    message = refused(harness, folder, "run", *words)
    first, hint, rest = message.split("\n")
    assert first == f"UnknownName: there is no {kind} {name!r}"
    assert re.fullmatch(rf"  -> Use {nearest!r}; there are: .*{nearest}.*\.", hint)
    assert rest == ""


def test_a_report_format_that_does_not_exist(harness: CommandLine, folder: Path) -> None:
    message = refused(harness, folder, *ONE, "--save", "table.xls")
    assert message.startswith("UnknownName: table.xls: reports are not written as '.xls'\n  -> ")
    assert ".csv, .json, .md" in message


@pytest.mark.parametrize(
    "words",
    [("--limit", "0"), ("--repeat", "0"), ("--warmup", "-1"), ("--target",), ("--tarject", "x")],
)
def test_options_that_cannot_be(harness: CommandLine, folder: Path, words: tuple[str, ...]) -> None:
    assert words[0] in refused(harness, folder, "run", *words)


# Definition files


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of HARNESS_PATH with a target `tiny`, as yet as large as its model."""
    targets = tmp_path / "tree" / "targets"
    targets.mkdir(parents=True)
    shutil.copy(ROOT / "targets" / "mps2-an500.toml", targets / "tiny.toml")
    rewrite(targets / "tiny.toml", r"^id = .*", 'id = "tiny"')
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "tree"))
    return targets.parent


def rewrite(file: Path, pattern: str, line: str) -> None:
    changed, count = re.subn(pattern, line, file.read_text(), flags=re.MULTILINE)
    assert count == 1
    file.write_text(changed)


def test_an_unknown_key_in_a_definition(harness: CommandLine, folder: Path, tree: Path) -> None:
    rewrite(tree / "targets" / "tiny.toml", r"^clock_hz", "clok_hz")
    message = refused(harness, folder, "run", "-t", "tiny")
    assert message.startswith(f"BadDefinition: {tree / 'targets' / 'tiny.toml'}: ")
    assert "clok_hz" in message
    assert "clock_hz" in message
    assert message.endswith("\n  -> Correct the file.\n")


def test_a_fault_in_another_definition_does_not_matter(
    harness: CommandLine, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "targets" / "tiny.toml").write_text("id = ")
    monkeypatch.setenv("PATH", "")
    assert "ToolMissing" in harness(*ONE, "-m", "lenet-digits").err


@pytest.mark.parametrize(
    ("key", "origin", "what"),
    [("model_slot", "0x0020_0000", "model slot"), ("arena", "0x2010_0000", "arena")],
)
def test_a_model_that_does_not_fit(
    harness: CommandLine, tree: Path, folder: Path, key: str, origin: str, what: str
) -> None:
    region = f"{key} = {{ origin = {origin}, length = 0x400 }}"
    rewrite(tree / "targets" / "tiny.toml", rf"^{key} = .*", region)
    image = compile_image(read_tflite(LENET))
    need = len(image.data) if key == "model_slot" else image.arena_bytes
    ended = harness("run", "-t", "tiny", "-k", "reference", "-m", "lenet-digits", "--limit", 2)
    assert ended.code == 3
    message = f"lenet-digits: the {what} of tiny needs {need:,} bytes and has 1,024"
    assert f"ImageTooLarge {message}\n" in ended.err
    assert message in " ".join(ended.out.split())  # below the table, with the next step
    assert "`harness targets`" in ended.out
    store = open_store(folder / "results" / "harness.db")
    (run,) = store.runs()
    (record,) = store.cases(run.id)
    assert (record.error_class, record.readings) == ("ImageTooLarge", ())


# The machine


def test_no_compiler(harness: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    ended = harness("run", "-t", "mps2-an500", "-m", "lenet-digits", "--limit", 2)
    assert ended.code == 3
    assert ended.err.endswith(
        "ToolMissing: arm-none-eabi-gcc: arm-none-eabi-gcc is not installed, or not on PATH\n"
        "  -> Install it: sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi.\n"
    )
    store = open_store(folder / "results" / "harness.db")
    (run,) = store.runs()
    (record,) = store.cases(run.id)  # the second kernel set was not even tried
    assert record.error_class == "ToolMissing"


@pytest.mark.parametrize("place", ["a file/harness.db", "/proc/nowhere/harness.db"])
def test_results_that_cannot_be_kept_are_known_before_anything_is_built(
    harness: CommandLine, monkeypatch: pytest.MonkeyPatch, folder: Path, place: str
) -> None:
    Path("a file").touch()
    monkeypatch.setenv("PATH", "")  # a build would say so
    ended = harness(*ONE, "-m", "lenet-digits", "--results", place)
    assert ended.code == 8
    assert ended.err.startswith(f"StoreError: {place}: the results cannot be opened: ")
    assert "\n  -> Name a file in a folder that can be written" in ended.err
    assert ended.out == ""


def test_results_that_are_something_else(harness: CommandLine, folder: Path) -> None:
    Path("notes.txt").write_text("not a database, but longer than a header of SQLite is " * 9)
    ended = harness(*ONE, "-m", "lenet-digits", "--results", "notes.txt")
    assert ended.code == 8
    assert ended.err.startswith("StoreError: notes.txt: ")
    assert Path("notes.txt").read_text().startswith("not a database")
