"""Sound from WAV files: one channel of 16-bit samples at the rate that is wanted, else an error."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadDataset

_SAMPLE_BYTES = 2


def read_wav(path: Path, rate: int) -> NDArray[np.int16]:
    """The samples of a WAV file, shape (n,), n at least 1.

    Nothing is resampled or mixed down: what comes of that depends on the filter, and the network
    was trained with another one.

    Raises:
        BadDataset: no WAV file, cut short, empty, or not 16-bit PCM of one channel at `rate` Hz.
    """
    try:
        with wave.open(str(path), "rb") as file:
            parameters = file.getparams()
            found = (parameters.framerate, 8 * parameters.sampwidth, parameters.nchannels)
            _require_taken(found, rate, path)
            content = file.readframes(parameters.nframes)
    except (
        *(wave.Error, struct.error, OSError, ValueError, OverflowError, EOFError),
        RuntimeError,  # a chunk that is longer than the file, in Python 3.11
    ) as error:
        raise BadDataset(
            f"is no WAV file of PCM samples: {error or 'it ends too soon'}",
            where=str(path),
            hint="Replace the file by 16-bit PCM, or remove it.",
        ) from error
    samples = len(content) // _SAMPLE_BYTES
    if samples != parameters.nframes or not samples:
        raise BadDataset(
            f"has {samples:,} of {parameters.nframes:,} samples",
            where=str(path),
            hint="Replace the file, or remove it.",
        )
    return np.frombuffer(content, dtype="<i2").astype(np.int16)


def _require_taken(found: tuple[int, int, int], rate: int, path: Path) -> None:
    if found != (rate, 8 * _SAMPLE_BYTES, 1):
        hertz, bits, channels = found
        raise BadDataset(
            f"is {hertz:,} Hz, {bits} bits, {channels} channels; taken are {rate:,} Hz, 16 bits, "
            "1 channel",
            where=str(path),
            hint=f"Convert it: ffmpeg -i IN.wav -ar {rate} -ac 1 -c:a pcm_s16le OUT.wav.",
        )
