"""Folders of WAV files: samples and MFCC as the input wants them, other sound refused."""

from __future__ import annotations

import struct
import wave
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mfcc import clip, vectors

from harness.catalog import load_dataset
from harness.catalog.wav_file import read_wav
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.errors import BadDataset

FLOAT: dict[str, Any] = {"dtype": DType.FLOAT32, "scale": 0.0, "zero_point": 0}
SHORT = ",rate=8000,seconds=0.0005"  # four samples


def wav(path: Path, samples: Any, *, rate: int = 16000, channels: int = 1, width: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", "not compressed"))
        file.writeframes(np.asarray(samples, dtype=f"<i{width}").tobytes())
    return path


def loaded(root: Path, options: str, shape: Any, **tensor: Any) -> Dataset:
    return load_dataset(f"wav:{root}{options}", shape=shape, **(FLOAT | tensor))


def refused(root: Path, options: str, shape: Any, **tensor: Any) -> BadDataset:
    with pytest.raises(BadDataset) as caught:
        loaded(root, options, shape, **tensor)
    return caught.value


def test_samples_and_labels(tmp_path: Path) -> None:
    wav(tmp_path / "no" / "a.wav", [0, 16384, -32768, 32767], rate=8000)
    wav(tmp_path / "yes" / "a.wav", [1, 2, 3, 4], rate=8000)
    found = loaded(tmp_path, SHORT, (1, 4))
    assert found.inputs[0].tolist() == [0, 0.5, -1, 32767 / 32768]
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1]
    assert len(load_dataset(found.name, shape=(1, 4), limit=1, **FLOAT)) == 1
    # Halves of a step are rounded away from 0.
    int8 = loaded(tmp_path, SHORT, (1, 4), dtype=DType.INT8, scale=1 / 128)
    assert int8.inputs[0].tolist() == [0, 64, -128, 127]


def test_clips_are_filled_and_cut(tmp_path: Path) -> None:
    wav(tmp_path / "0" / "long.wav", [8192] * 9, rate=8000)
    wav(tmp_path / "0" / "short.wav", [8192], rate=8000)
    assert loaded(tmp_path, SHORT, (1, 4)).inputs.tolist() == [[0.25] * 4, [0.25, 0, 0, 0]]


@pytest.mark.parametrize("shape", [(1, 49, 10, 1), (1, 490), (1, 49, 10)])
@pytest.mark.parametrize("name", ["mfcc=hello-edge", "mfcc=mlperf-tiny"])
def test_mfcc_of_a_file_equal_tensorflow(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    wav(tmp_path / "yes" / "a.wav", clip())
    found = loaded(tmp_path, f",{name}", shape)
    assert found.inputs.shape == shape
    assert np.abs(found.inputs.ravel() - vectors()[name].ravel()).max() < 1e-3


def test_mfcc_are_quantised_as_the_keyword_model_of_mlperf_wants(tmp_path: Path) -> None:
    wav(tmp_path / "yes" / "a.wav", clip())
    scale, zero_point = 0.5847029089927673, 83
    found = loaded(
        *(tmp_path, ",mfcc=mlperf-tiny", (1, 49, 10, 1)),
        dtype=DType.INT8,
        scale=scale,
        zero_point=zero_point,
    )
    real = (found.inputs.ravel().astype(float) - zero_point) * scale
    # The range of the type is that of training: silence, -123.57, is its lowest number.
    assert found.inputs[0, 0, 0, 0] == -128
    assert np.abs(real - vectors()["mfcc=mlperf-tiny"].ravel()).max() <= scale / 2 + 1e-3


def test_options_of_the_front_end(tmp_path: Path) -> None:
    wav(tmp_path / "yes" / "a.wav", clip())
    wide = loaded(tmp_path, ",mfcc=hello-edge,stride=40", (1, 250))
    assert np.abs(wide.inputs.ravel() - vectors()["mfcc=hello-edge,stride=40"].ravel()).max() < 1e-3
    more = loaded(tmp_path, ",mfcc=hello-edge,coefficients=13", (1, 49, 13))
    assert more.inputs[0, :, :10].tolist() == (
        loaded(tmp_path, ",mfcc=hello-edge", (1, 49, 10)).inputs[0].tolist()
    )
    bands = loaded(tmp_path, ",mfcc=hello-edge,bands=20,low=100,high=8000", (1, 49, 10))
    assert np.isfinite(bands.inputs).all()


def test_frames_that_do_not_fit(tmp_path: Path) -> None:
    wav(tmp_path / "yes" / "a.wav", clip())
    error = refused(tmp_path, ",mfcc=hello-edge", (1, 250))
    assert error.what == (
        "49 frames of 10 coefficients (a window of 40 ms each 20 ms in 1 s), "
        "the model's input is 1x250"
    )
    assert error.where == f"wav:{tmp_path},mfcc=hello-edge"
    assert error.hint == ("Correct window=, stride=, coefficients= or seconds=; stride=40 fits.")
    other = refused(tmp_path, ",mfcc=hello-edge", (1, 260))
    assert other.hint == "Correct window=, stride=, coefficients= or seconds=."
    assert "0 frames" in refused(tmp_path, ",mfcc=hello-edge,seconds=0.03", (1, 490)).what
    turned = refused(tmp_path, ",mfcc=hello-edge", (1, 10, 49))
    assert turned.where == f"wav:{tmp_path},mfcc=hello-edge"
    assert turned.what == "samples have shape 49x10, the model's input is 1x10x49"


def test_samples_that_do_not_fit(tmp_path: Path) -> None:
    wav(tmp_path / "yes" / "a.wav", clip())
    error = refused(tmp_path, "", (1, 490))
    assert error.what == "16,000 samples a clip, the model's input is 1x490 = 490"
    assert error.hint == (
        "Add mfcc=hello-edge|mlperf-tiny if the model takes MFCC, or correct seconds=."
    )


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("mfcc=htk", "mfcc=htk is unknown"),
        ("window=40", "window= is about MFCC, and there is no mfcc="),
        ("rate=fast", "rate=fast is no whole number from 1 to 192000"),
        ("rate=0", "rate=0 is no whole number from 1 to 192000"),
        ("seconds=0", "seconds=0 is no number above 0 and up to 600"),
        ("seconds=nan", "seconds=nan is no number above 0 and up to 600"),
        ("seconds=1e308", "seconds=1e308 is no number above 0 and up to 600"),
        ("mfcc=hello-edge,window=x", "window=x is no number above 0 and up to 1000"),
        ("mfcc=hello-edge,stride=0.001", "window= or stride= is shorter than a sample"),
        (
            "mfcc=hello-edge,high=9000",
            "the bands go from 20 to 9000 Hz at a rate of 16,000 Hz",
        ),
        ("mfcc=hello-edge,low=5000", "the bands go from 5000 to 4000 Hz at a rate of 16,000 Hz"),
        ("mfcc=hello-edge,coefficients=41", "41 coefficients of 40 bands"),
        (
            "mfcc=hello-edge,bands=200",
            "in 1 of 200 bands lies no frequency that a window of 40 ms tells apart",
        ),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, option: str, what: str) -> None:
    wav(tmp_path / "yes" / "a.wav", clip())
    error = refused(tmp_path, f",{option}", (1, 490))
    assert error.what == what
    assert error.where == f"wav:{tmp_path},{option}"
    assert error.hint.endswith(".")


@pytest.mark.parametrize(
    ("rate", "width", "channels", "found"),
    [
        (44100, 2, 1, "44,100 Hz, 16 bits, 1 channel"),
        (16000, 4, 1, "16,000 Hz, 32 bits, 1 channel"),
        (16000, 2, 2, "16,000 Hz, 16 bits, 2 channel"),
    ],
)
def test_other_sound(tmp_path: Path, rate: int, width: int, channels: int, found: str) -> None:
    path = tmp_path / "yes" / "a.wav"
    wav(path, [0] * 100, rate=rate, width=width, channels=channels)
    error = refused(tmp_path, "", (1, 16000))
    assert error.what == f"is {found}s; taken are 16,000 Hz, 16 bits, 1 channel"
    assert error.where == str(path)
    assert error.hint == "Convert it: ffmpeg -i IN.wav -ar 16000 -ac 1 -c:a pcm_s16le OUT.wav."


def test_file_that_is_no_wav(tmp_path: Path) -> None:
    path = tmp_path / "yes" / "README"
    path.parent.mkdir()
    path.write_text("no sound")
    error = refused(tmp_path, "", (1, 16000))
    assert error.what == "is no WAV file of PCM samples: file does not start with RIFF id"
    assert error.where == str(path)
    assert error.hint == "Replace the file by 16-bit PCM, or remove it."


def test_floating_point_samples(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [0] * 10)
    content = bytearray(path.read_bytes())
    struct.pack_into("<H", content, 20, 3)
    path.write_bytes(content)
    with pytest.raises(BadDataset, match="unknown format: 3"):
        read_wav(path, 16000)


def test_wav_cut_short(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", range(20))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(BadDataset) as caught:
            read_wav(path, 16000)
        if length >= 44:
            assert caught.value.what == f"has {(length - 44) // 2} of 20 samples"
        assert caught.value.where == str(path)


def test_wav_without_samples(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="has 0 of 0 samples"):
        read_wav(wav(tmp_path / "a.wav", []), 16000)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=6)
)
def test_any_bytes_are_sound_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes | list[tuple[int, int]]
) -> None:
    path = wav(tmp_path_factory.getbasetemp() / "any.wav", range(9))
    content = bytearray(path.read_bytes())
    if isinstance(damage, bytes):
        content[12:] = damage
    else:
        for place, byte in damage:
            content[place % len(content)] = byte
    path.write_bytes(content)
    with suppress(BadDataset):
        samples = read_wav(path, 16000)
        assert 0 < 2 * len(samples) <= len(content)
