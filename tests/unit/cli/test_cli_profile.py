"""`harness profile`: what is refused before anything is built, and what is then left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.mark.parametrize(
    ("words", "missing"),
    [(("-m", "lenet-digits"), "'--target' / '-t'"), (("-t", "mps2-an500"), "'--model' / '-m'")],
)
def test_target_and_model_must_be_named(
    harness: CommandLine, words: tuple[str, ...], missing: str
) -> None:
    ended = harness("profile", *words)
    assert ended.code == 2
    assert f"Missing option {missing}" in " ".join(ended.err.split())


def test_a_model_that_is_none_is_refused_before_anything_is_built(
    harness: CommandLine, folder: Path
) -> None:
    Path("photo.tflite").write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    ended = harness("profile", "-t", "mps2-an500", "-k", "reference", "-m", "photo.tflite")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"BadModel: {folder / 'photo.tflite'}: not a TensorFlow Lite model")


def test_a_folder_that_cannot_be_written_is_known_before_anything_is_built(
    harness: CommandLine, folder: Path
) -> None:
    Path("taken").touch()
    words = ("-t", "mps2-an500", "-k", "reference", "-m", "lenet-digits")
    ended = harness("profile", *words, "--folder", "taken/here")
    assert (ended.code, ended.out) == (8, "")
    assert ended.err == (
        "StoreError: taken/here: profiles cannot be kept there: Not a directory\n"
        "  -> Name a folder that can be written with --folder.\n"
    )


def test_without_a_compiler_nothing_is_measured_or_kept(
    harness: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    words = ("-t", "mps2-an500", "-k", "reference", "-m", "lenet-digits", "--quiet")
    ended = harness("profile", *words)
    assert ended.code == 3
    assert ended.err.startswith("ToolMissing: ")
    assert not list(Path("results/profiles").iterdir())
