"""MLPerf Tiny's keyword inputs as real numbers, in the shapes and class order of Arm's models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness import catalog
from harness.errors import BadDataset

FRAMES, COEFFICIENTS = 49, 10
EVERY_SECOND = range(0, FRAMES, 2)  # a stride of 40 ms out of one of 20 ms: 25 frames
FILE = "kws01-{frames}x10.npz"

_CLASSES = (
    *("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes"),
    *("_silence_", "_unknown_"),
)
"""The order of kws01's classes, as its files are named."""


def write_inputs(kws01: Path, model: Path, labels: Path, folder: Path) -> None:
    """Write the set as `FILE` for 49 and for 25 frames: float32 inputs, labels in `labels`' order.

    The bytes of kws01 are coefficients quantised for MLPerf Tiny's model; its input says how.

    Args:
        kws01: the folder of the set.
        model: MLPerf Tiny's reference model.
        labels: a file with the classes of Arm's models, one on a line.
        folder: where to write.

    Raises:
        BadDataset: files that do not fit each other.
        HarnessError: as of reading models and data sets.
    """
    from harness.model import compile_image, read_network

    (tensor,) = compile_image(read_network(model)).inputs
    loaded = catalog.load_dataset(
        f"mlperf:{kws01}?dtype=int8",
        shape=tensor.shape,
        dtype=tensor.dtype,
        scale=tensor.scale,
        zero_point=tensor.zero_point,
    )
    order = _order(labels)
    assert loaded.labels is not None
    real = (loaded.inputs.astype(np.float64) - tensor.zero_point) * tensor.scale
    frames = real.astype(np.float32).reshape(-1, FRAMES, COEFFICIENTS)
    truth = np.array(order, np.int64)[loaded.labels]
    for chosen in (frames, frames[:, list(EVERY_SECOND)]):
        path = folder / FILE.format(frames=chosen.shape[1])
        np.savez(path, inputs=chosen.reshape(len(chosen), -1), labels=truth)


def _order(labels: Path) -> list[int]:
    names = labels.read_text(encoding="utf-8").split()
    missing = sorted(set(_CLASSES) - set(names))
    if missing:
        raise BadDataset(
            f"the classes {', '.join(missing)} are not there",
            where=str(labels),
            hint="Take the labels file of Arm's keyword models.",
        )
    return [names.index(name) for name in _CLASSES]
