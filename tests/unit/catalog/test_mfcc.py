"""MFCC: equal to TensorFlow's, to a second implementation, and to what a tone must give."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.catalog.mfcc import FRONT_ENDS, FrontEnd, mel_weights, mfcc

VECTORS = Path(__file__).parents[2] / "vectors" / "mfcc.txt"
RATE = 16000
HELLO = FRONT_ENDS["hello-edge"]
TINY = FRONT_ENDS["mlperf-tiny"]
# As the specifications say it that head the parts of the vectors' file.
NAMED = {
    "mfcc=hello-edge": HELLO,
    "mfcc=hello-edge,stride=40": replace(HELLO, stride_s=0.04),
    "mfcc=hello-edge,window=30": replace(HELLO, window_s=0.03),
    "mfcc=mlperf-tiny": TINY,
}


def clip() -> NDArray[np.int16]:
    """One second: silence, then noise that swells and fades; integers only."""
    noise = np.frombuffer(hashlib.shake_128(b"a clip of noise").digest(2 * RATE), dtype="<i2")
    smooth = np.convolve(noise.astype(np.int64), np.ones(6, np.int64), "same") // 12
    loudness = np.minimum(np.arange(RATE), np.arange(RATE)[::-1])
    samples = smooth * loudness // 8000
    samples[:2400] = 0
    return samples.astype(np.int16)


def vectors() -> dict[str, NDArray[np.float64]]:
    """What TensorFlow 2.21.0 makes of the clip, by the name of the front end.

    hello-edge: raw_ops.AudioSpectrogram (magnitude_squared) and raw_ops.Mfcc on samples / 32768;
    mlperf-tiny: signal.stft, linear_to_mel_weight_matrix, log(x + 1e-6) and
    mfccs_from_log_mel_spectrograms on samples / largest.
    """
    found: dict[str, list[list[float]]] = {}
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            rows = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            rows.append([float(word) for word in line.split()])
    return {name: np.array(rows) for name, rows in found.items()}


@pytest.mark.parametrize("name", NAMED)
def test_equal_to_tensorflow(name: str) -> None:
    expected = vectors()[name]
    found = mfcc(clip(), NAMED[name], RATE)
    assert found.shape == expected.shape == (25 if "stride=40" in name else 49, 10)
    assert np.abs(found - expected).max() < 1e-3
    assert expected.std(axis=0).min() > 0.1


def second(samples: NDArray[np.int16], front_end: FrontEnd) -> NDArray[np.float64]:
    """The same by other means: each bin shared between two bands, SciPy's DCT, frame by frame."""
    window, stride = int(front_end.window_s * RATE), int(front_end.stride_s * RATE)
    length = {480: 512, 640: 1024, 400: 512}[window]
    top = samples.max() if front_end.loudest_is_one and samples.max() > 0 else 32768

    def mel(hertz: float) -> float:
        return float(2595 * np.log10(1 + hertz / 700)) * 1127 / (2595 / np.log(10))

    low, high = mel(front_end.low_hz), mel(front_end.high_hz)
    # HTK leaves out the bin nearest to the lower limit, too.
    lowest = round(front_end.low_hz * length / RATE) + 1 if front_end.htk_low_edge else 1
    shares = np.zeros((length, front_end.mel_bands + 3))
    for index in range(lowest, length // 2 + 1):
        position = (mel(index * RATE / length) - low) / (high - low) * (front_end.mel_bands + 1)
        if 0 <= position <= front_end.mel_bands + 1:
            left, share = divmod(position, 1)
            shares[index, int(left) : int(left) + 2] = 1 - share, share
    rows = []
    for start in range(0, len(samples) - window + 1, stride):
        frame = samples[start : start + window] / top
        spectrum = np.abs(scipy.fft.fft(frame * scipy.signal.get_window("hann", window), length))
        energies = (spectrum @ shares)[:-1]
        logs = np.log(np.maximum(energies[1:-1] + front_end.offset, front_end.floor))
        rows.append(scipy.fft.dct(logs, 2) / np.sqrt(2 * front_end.mel_bands))
    return np.array(rows)[:, : front_end.coefficients]


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([HELLO, TINY, replace(HELLO, window_s=0.025, stride_s=0.01)]),
    st.sampled_from([20, 26, 40]),
    st.integers(1, 20),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32767),
)
def test_equal_to_a_second_implementation(
    front_end: FrontEnd, bands: int, coefficients: int, seed: int, loudest: int
) -> None:
    front_end = replace(front_end, mel_bands=bands, coefficients=coefficients, low_hz=60.0)
    samples = np.random.default_rng(seed).integers(-loudest, loudest, 1600).astype(np.int16)
    found = mfcc(samples, front_end, RATE)
    assert found.shape == (front_end.frames(1600, RATE), coefficients)
    assert np.abs(found - second(samples, front_end)).max() < 1e-6


def test_a_tone_is_loudest_in_its_band() -> None:
    # Band m of 40 is centred at mel 31.75 + (m + 1) 51.58, 1 kHz is mel 1000: band 17.8.
    samples = (10000 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)).astype(np.int16)
    found = mfcc(samples, replace(HELLO, coefficients=40), RATE)
    found[:, 0] /= np.sqrt(2)
    bands = scipy.fft.idct(found, 2, norm="ortho")
    assert set(bands.argmax(axis=1)) == {18}


def test_silence_is_the_floor() -> None:
    silence = np.zeros(RATE, np.int16)
    # 40 equal logarithms: c_0 = sqrt(2 / 40) * 40 * ln(1e-12), the others 0.
    assert mfcc(silence, HELLO, RATE)[0, 0] == pytest.approx(np.sqrt(80) * np.log(1e-12))
    assert mfcc(silence, TINY, RATE)[0, 0] == pytest.approx(np.sqrt(80) * np.log(1e-6))
    assert np.abs(mfcc(silence, TINY, RATE)[:, 1:]).max() < 1e-9


def test_loudness_matters_to_hello_edge_only() -> None:
    half = clip() // 2 * 2
    assert np.allclose(mfcc(half, TINY, RATE), mfcc(half // 2, TINY, RATE))
    assert not np.allclose(mfcc(half, HELLO, RATE), mfcc(half // 2, HELLO, RATE))


def test_a_clip_below_zero_is_divided_by_full_scale() -> None:
    below = -np.abs(clip())
    as_hello = replace(TINY, loudest_is_one=False)
    assert (mfcc(below, TINY, RATE) == mfcc(below, as_hello, RATE)).all()


@pytest.mark.parametrize(
    ("samples", "frames"), [(0, 0), (639, 0), (640, 1), (959, 1), (960, 2), (16000, 49)]
)
def test_only_whole_windows_count(samples: int, frames: int) -> None:
    assert HELLO.frames(samples, RATE) == frames


def test_each_bin_between_the_corners_counts_once() -> None:
    weights = mel_weights(HELLO, RATE)
    assert weights.shape == (40, 513)
    assert (weights >= 0).all()
    assert np.flatnonzero(weights.sum(axis=0))[[0, -1]].tolist() == [2, 255]
    # Between the middle of the first band (53 Hz) and of the last one two triangles add to 1.
    assert np.allclose(weights.sum(axis=0)[4:240], 1)
