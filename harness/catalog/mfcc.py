"""Mel-frequency cepstral coefficients of sound, as published keyword models were trained with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768


@dataclass(frozen=True)
class FrontEnd:
    """What an MFCC front end does; times in seconds, frequencies in Hz.

    `floor` is the least energy a logarithm is taken of, `offset` is added to it before. With
    `loudest_is_one` a clip is divided by its largest sample instead of by 32768. With
    `htk_low_edge` the lowest bin of the transform that counts is int(1.5 + low / width of a bin).
    """

    window_s: float
    stride_s: float = 0.02
    mel_bands: int = 40
    low_hz: float = 20.0
    high_hz: float = 4000.0
    coefficients: int = 10
    floor: float = 0.0
    offset: float = 0.0
    loudest_is_one: bool = False
    htk_low_edge: bool = False

    def window(self, rate: int) -> int:
        """Samples of one window."""
        return round(self.window_s * rate)

    def transform(self, rate: int) -> int:
        """Points of the Fourier transform: the next power of two from the window on."""
        return 1 << (self.window(rate) - 1).bit_length()

    def stride(self, rate: int) -> int:
        """Samples from one window to the next."""
        return round(self.stride_s * rate)

    def frames(self, samples: int, rate: int) -> int:
        """Whole windows in so many samples."""
        beyond = samples - self.window(rate)
        return 0 if beyond < 0 else 1 + beyond // self.stride(rate)


# Hello Edge (Zhang et al., arXiv:1711.07128, section 4.1) with TensorFlow's AudioSpectrogram and
# Mfcc operators, as ML-KWS-for-MCU trains and computes on the device; and the training script of
# MLPerf Tiny (mlcommons/tiny, keyword_spotting/get_dataset.py) with tf.signal.
FRONT_ENDS = {
    "hello-edge": FrontEnd(window_s=0.04, floor=1e-12, htk_low_edge=True),
    "mlperf-tiny": FrontEnd(window_s=0.03, offset=1e-6, loudest_is_one=True),
}


def mfcc(samples: NDArray[np.int16], front_end: FrontEnd, rate: int) -> NDArray[np.float64]:
    """MFCC of one clip (samples,), shape (frames, coefficients).

    Each window x of N samples is weighted by a periodic Hann window, 1/2 - 1/2 cos(2 pi n / N),
    filled with zeros to the next power of two and transformed. The magnitudes |X| (not squared) are
    summed by triangles whose corners are equidistant from `low_hz` to `high_hz` on the mel scale of
    HTK, 1127 ln(1 + f / 700), straight on that scale and 1 at the middle one. Of ln(max(e + offset,
    floor)) the coefficients k = 0, 1, ... are
    c_k = sqrt(2 / M) sum over bands m of ln(e_m) cos(pi k (m + 1/2) / M).
    No pre-emphasis, no liftering, c_0 is scaled as the others.
    """
    window, stride = front_end.window(rate), front_end.stride(rate)
    frames = np.lib.stride_tricks.sliding_window_view(_scaled(samples, front_end), window)[::stride]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    magnitudes = np.abs(np.fft.rfft(frames * hann, front_end.transform(rate)))
    energies = magnitudes @ mel_weights(front_end, rate).T
    logarithms = np.log(np.maximum(energies + front_end.offset, front_end.floor))
    return np.asarray(logarithms @ _cosines(front_end).T)


def _scaled(samples: NDArray[np.int16], front_end: FrontEnd) -> NDArray[np.float64]:
    """Samples in -1..1; a clip that is nowhere above 0 has no loudest sample to divide by."""
    loudest = int(samples.max(initial=0))
    full = loudest if front_end.loudest_is_one and loudest > 0 else FULL_SCALE
    return samples.astype(np.float64) / full


@lru_cache(maxsize=4)
def mel_weights(front_end: FrontEnd, rate: int) -> NDArray[np.float64]:
    """Weights (bands, transform / 2 + 1) of the transform's bins; bin 0 has none."""
    length = front_end.transform(rate)
    hertz = np.arange(length // 2 + 1) * rate / length
    low, high = _mel(np.array([front_end.low_hz, front_end.high_hz]))
    corners = np.linspace(low, high, front_end.mel_bands + 2)[:, np.newaxis]
    mel = _mel(hertz)
    rising = (mel - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - mel) / (corners[2:] - corners[1:-1])
    weights: NDArray[np.float64] = np.maximum(np.minimum(rising, falling), 0)
    first = int(1.5 + front_end.low_hz * length / rate) if front_end.htk_low_edge else 1
    weights[:, :first] = 0
    return weights


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(hertz / 700))


@lru_cache(maxsize=4)
def _cosines(front_end: FrontEnd) -> NDArray[np.float64]:
    """The rows of a type II discrete cosine transform, shape (coefficients, bands)."""
    bands = front_end.mel_bands
    rows = np.arange(front_end.coefficients)[:, np.newaxis]
    cosines = np.cos(np.pi / bands * rows * (np.arange(bands) + 0.5))
    return np.asarray(np.sqrt(2 / bands) * cosines)
