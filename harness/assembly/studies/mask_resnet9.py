"""The ResNet-9 that tells good masks from bad on an OpenMV H7: its published table, filled again.

Source: ARM-software/EndpointAI, ProofOfConcepts/Vision/OpenMvMaskDefaults/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.assembly.studies import StudyRow, Workbench
from harness.assembly.studies._figures import (
    NO_TIME,
    answer_figures,
    count_figure,
    is_silicon,
    ran_on,
    seconds,
)
from harness.assembly.studies._host import host_figure
from harness.domain.record import CaseRecord
from harness.domain.study import Figure, NeededFile, Published

TITLE = "ResNet-9 mask classifier on the OpenMV H7 (uint8, 64x64x3)"

SIMULATED_INPUTS = 10
"""Photos on a simulated target where `--limit` does not say."""

_UPSTREAM = (
    "github.com/ARM-software/EndpointAI @ fc6aabf7, ProofOfConcepts/Vision/OpenMvMaskDefaults"
)
_MODEL = NeededFile(
    "models/arm-mask/lightly_resnet9.tflite",
    f"{_UPSTREAM} (checkpoints, a .tflite of 91,360 bytes)",
)
_PHOTOS = NeededFile("sets/mask", f"{_UPSTREAM} (photos in folders bad, good, no_mask)")
_TABLE = "README of OpenMvMaskDefaults, EndpointAI @ 39977f28"
_OTHER_PHOTOS = "the authors' 500 test photos; these are 59 others"


def rows() -> Sequence[StudyRow]:
    """What the host answers, then the table on each target."""
    return [
        StudyRow("All photos on the host", (_MODEL, _PHOTOS), _on_host),
        StudyRow("The table, on each target", (_MODEL, _PHOTOS), _table),
    ]


def _photos(workbench: Workbench) -> str:
    return f"folder:{workbench.path(_PHOTOS)},resize=lanczos"


def _on_host(workbench: Workbench) -> Iterator[Figure]:
    published = Published("93.4 %", "the 500 photos of its repository by LiteRT", _OTHER_PHOTOS)
    yield host_figure(workbench.path(_MODEL), _photos(workbench), published)


def _table(workbench: Workbench) -> Iterator[Figure]:
    limit = workbench.limit_on_devices(SIMULATED_INPUTS)
    records = workbench.measure(workbench.path(_MODEL), _photos(workbench), limit=limit)
    yield from _of_the_model(workbench.path(_MODEL), records[0])
    for record in records:
        yield from _of_a_target(record)


def _of_the_model(model: Path, record: CaseRecord) -> Iterator[Figure]:
    yield Figure(
        "input size", "64x64x3", "photos resized with Lanczos", Published("64x64x3", _TABLE)
    )
    macs = record.macs or 0
    yield Figure(
        "operations",
        f"{2 * macs / 1e6:.1f} MOp",
        f"2 x {macs:,} MACs",
        Published("33.4 MOp", _TABLE),
    )
    yield Figure(
        "model size",
        f"{model.stat().st_size / 1000:.0f} kB",
        f"the file; its image on a device has {record.image_bytes or 0:,} bytes",
        Published("90 kBytes", _TABLE),
    )


def _of_a_target(record: CaseRecord) -> Iterator[Figure]:
    time = seconds(record)
    board = record.target_id.startswith("openmv-h7") and is_silicon(record)
    other = "" if board else "another board than the OpenMV H7"
    where = ran_on(record)
    clock = Published("480 MHz", _TABLE, "" if time else NO_TIME)
    if time is None:
        yield Figure("clock", "", NO_TIME, clock)
    else:
        yield Figure("clock", f"{(record.clock_hz or 0) / 1e6:.0f} MHz", where, clock)
    yield count_figure(record)
    beside = other if time else NO_TIME
    rate = Published("220 MOp/s (249 in a blog post)", _TABLE, beside)
    if time is None:
        yield Figure("inference time", "", NO_TIME, Published("150 ms", _TABLE, beside))
        yield Figure("operations per second", "", NO_TIME, rate)
    else:
        yield Figure(
            "inference time", f"{1e3 * time:.1f} ms", where, Published("150 ms", _TABLE, beside)
        )
        operations = 2 * (record.macs or 0) / time / 1e6
        yield Figure("operations per second", f"{operations:.0f} MOp/s", where, rate)
    yield from answer_figures(record)
