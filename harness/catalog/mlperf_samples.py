"""The files of an MLPerf Tiny data set, cut into the windows that a device is sent."""

from __future__ import annotations

from pathlib import Path

from harness.catalog.mlperf_labels import LABELS_FILE, read_input, read_labels, require_files
from harness.domain.mlperf import BENCHMARKS, Benchmark, Sample, Truth
from harness.errors import BadDataset


def load_samples(folder: Path, benchmark: Benchmark, limit: int | None = None) -> list[Sample]:
    """Read the samples of `folder`, or of its subfolder of the benchmark's name, in order.

    `limit` takes as many files, spread evenly over the labels file, which is sorted by class in
    some sets. A file with `bytes_to_send` and `stride` becomes all whole windows that fit in it.

    Raises:
        BadDataset: folder, labels file or an input missing, malformed or of the wrong size.
    """
    _require_folder(folder)
    nested = folder / benchmark.id
    folder = nested if nested.is_dir() else folder
    labels = read_labels(folder)
    if limit is not None and limit < len(labels):
        labels = [labels[n * len(labels) // limit] for n in range(limit)]
    require_files(folder, labels)
    return [_sample(folder / truth.file, truth, benchmark) for truth in labels]


def require_some_samples(folder: Path) -> None:
    """Refuse a folder that can hold no benchmark's samples, whichever is wanted of it later.

    Raises:
        BadDataset: no such folder, or no labels file in it or in a benchmark's subfolder.
    """
    _require_folder(folder)
    if not any((folder / name / LABELS_FILE).is_file() for name in ("", *BENCHMARKS)):
        raise BadDataset(
            f"has no {LABELS_FILE}, and no folder {' or '.join(BENCHMARKS)} with one",
            where=str(folder),
            hint="Name the folder of a data set, or the one that holds it.",
        )


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise BadDataset(
            "there is no such folder", where=str(folder), hint="Correct the path of --data."
        )


def _sample(path: Path, truth: Truth, benchmark: Benchmark) -> Sample:
    content = read_input(path)
    size, stride = truth.bytes_to_send or len(content), truth.stride or max(len(content), 1)
    windows = tuple(
        content[start : start + size] for start in range(0, len(content) - size + 1, stride)
    )
    if size != benchmark.input_bytes or not windows:
        raise BadDataset(
            f"has {len(content):,} bytes and is sent as {size:,}; {benchmark.id} takes "
            f"{benchmark.input_bytes:,} bytes per inference",
            where=str(path),
            hint="Use the data set that belongs to the benchmark.",
        )
    return Sample(truth, windows)
