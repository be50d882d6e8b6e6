"""WAV files in a sub-folder for each class, as samples or as MFCC."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.catalog.class_folders import OPTIONS as CLASS_OPTIONS
from harness.catalog.class_folders import labelled_files
from harness.catalog.input_tensor import InputTensor
from harness.catalog.mfcc import FRONT_ENDS, FULL_SCALE, FrontEnd, mel_weights, mfcc
from harness.catalog.samples import Samples
from harness.catalog.spec_arguments import SpecArguments, split_arguments
from harness.catalog.wav_file import read_wav
from harness.errors import BadDataset

SYNTAX = f"wav:DIR[,mfcc={'|'.join(FRONT_ENDS)}][,OPTION=VALUE]..."
DESCRIPTION = (
    "16-bit mono WAV in a sub-folder per class, as MFCC or samples; options: rate, seconds, "
    "window, stride, coefficients, bands, low, high, labels, others"
)

RATE, SECONDS = 16000, 1.0
_MOST_RATE, _MOST_SECONDS, _MOST_MS, _MOST_BANDS = 192_000, 600, 1000, 200
_WIDE_MS = 40.0
_FRONT_END_OPTIONS = ("window", "stride", "coefficients", "bands", "low", "high")


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read the clips in the order of `class_folders`, each of `seconds` (1) at `rate` (16000) Hz.

    A longer clip loses its end, a shorter one is filled with zeros. Without `mfcc=` a sample s has
    the real value s / 32768; both ways the tensor's quantisation applies.

    Raises:
        BadDataset: an option, a folder or a file that is not what it should be (which is named), or
            another number of samples, frames or coefficients than the input has.
    """
    known = ("mfcc", "rate", "seconds", *_FRONT_END_OPTIONS, *CLASS_OPTIONS)
    arguments = split_arguments(argument, SYNTAX, known)
    rate = arguments.whole("rate", RATE, most=_MOST_RATE)
    length = round(arguments.number("seconds", SECONDS, most=_MOST_SECONDS) * rate)
    front_end = _front_end(arguments, rate)
    _require_fit(arguments, front_end, length, rate, wanted)
    files = labelled_files(arguments)[:limit]
    features = [_features(_cut(read_wav(path, rate), length), front_end, rate) for path, _ in files]
    real = np.stack(features)
    if len(wanted.sample_shape) == 1:
        real = real.reshape(len(files), -1)
    where = arguments.spec
    return Samples(
        inputs=wanted.quantised(wanted.shaped(real, where).astype(np.float64), where),
        labels=np.array([label for _, label in files], dtype=np.int64),
    )


def _features(
    samples: NDArray[np.int16], front_end: FrontEnd | None, rate: int
) -> NDArray[np.float64]:
    return samples / FULL_SCALE if front_end is None else mfcc(samples, front_end, rate)


def _cut(samples: NDArray[np.int16], length: int) -> NDArray[np.int16]:
    return np.pad(samples[:length], (0, max(length - len(samples), 0)))


def _front_end(arguments: SpecArguments, rate: int) -> FrontEnd | None:
    told = [name for name in _FRONT_END_OPTIONS if name in arguments.options]
    if "mfcc" not in arguments.options:
        if told:
            raise arguments.refusal(
                f"{told[0]}= is about MFCC, and there is no mfcc=",
                f"Add mfcc={'|'.join(FRONT_ENDS)}, or leave the option out.",
            )
        return None
    base = FRONT_ENDS[arguments.choice("mfcc", FRONT_ENDS, "")]
    front_end = replace(
        base,
        window_s=arguments.number("window", base.window_s * 1000, _MOST_MS) / 1000,
        stride_s=arguments.number("stride", base.stride_s * 1000, _MOST_MS) / 1000,
        mel_bands=arguments.whole("bands", base.mel_bands, _MOST_BANDS),
        low_hz=arguments.number("low", base.low_hz, rate),
        high_hz=arguments.number("high", base.high_hz, rate),
        coefficients=arguments.whole("coefficients", base.coefficients, _MOST_BANDS),
    )
    if min(front_end.window(rate), front_end.stride(rate)) < 1:
        raise arguments.refusal(
            "window= or stride= is shorter than a sample", "Give milliseconds, as in window=40."
        )
    if not front_end.low_hz < front_end.high_hz <= rate / 2:
        raise arguments.refusal(
            f"the bands go from {front_end.low_hz:g} to {front_end.high_hz:g} Hz at a rate of "
            f"{rate:,} Hz",
            f"Give low= below high=, and high= up to {rate / 2:g}.",
        )
    if front_end.coefficients > front_end.mel_bands:
        raise arguments.refusal(
            f"{front_end.coefficients} coefficients of {front_end.mel_bands} bands",
            "Give at most as many coefficients as bands.",
        )
    empty = int((mel_weights(front_end, rate).sum(axis=1) == 0).sum())
    if empty:
        raise arguments.refusal(
            f"in {empty} of {front_end.mel_bands} bands lies no frequency that a window of "
            f"{front_end.window_s * 1000:g} ms tells apart",
            "Use fewer bands=, or a longer window=.",
        )
    return front_end


def _require_fit(
    arguments: SpecArguments,
    front_end: FrontEnd | None,
    length: int,
    rate: int,
    wanted: InputTensor,
) -> None:
    shape = "x".join(str(size) for size in wanted.shape)
    if front_end is None:
        if length != wanted.elements:
            raise arguments.refusal(
                f"{length:,} samples a clip, the model's input is {shape} = {wanted.elements:,}",
                f"Add mfcc={'|'.join(FRONT_ENDS)} if the model takes MFCC, or correct seconds=.",
            )
        return
    frames = front_end.frames(length, rate)
    # The smaller models of Hello Edge take windows side by side.
    wide = replace(front_end, stride_s=_WIDE_MS / 1000).frames(length, rate)
    fits_wide = wide * front_end.coefficients == wanted.elements
    if frames * front_end.coefficients != wanted.elements or not frames:
        raise BadDataset(
            f"{frames} frames of {front_end.coefficients} coefficients (a window of "
            f"{front_end.window_s * 1000:g} ms each {front_end.stride_s * 1000:g} ms in "
            f"{length / rate:g} s), the model's input is {shape}",
            where=arguments.spec,
            hint="Correct window=, stride=, coefficients= or seconds="
            + (f"; stride={_WIDE_MS:g} fits." if fits_wide else "."),
        )
