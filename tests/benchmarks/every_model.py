"""Every `.tflite` of the test data on every board that QEMU simulates: runs each, writes the page.

python tests/benchmarks/every_model.py            (HARNESS_TEST_DATA names the data)
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mlperf_tiny import provenance

from harness import assembly
from harness.assembly.lists import default_targets
from harness.domain.measurement import Measurement
from harness.domain.model_check import ModelCheck
from harness.domain.record import CaseRecord, CaseStatus

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "results" / "every-model.md"
KERNEL_SETS = ("reference", "cmsis-nn")
INPUTS = 2


def main(data: Path) -> int:
    """Run all, print how each ends, and write the page; returns the number of cases that failed."""
    files = sorted((data / "models").rglob("*.tflite"))
    began = time.monotonic()
    records = list(measured(files))
    checks = {file.stem: assembly.check_model(str(file)) for file in files}
    seconds = time.monotonic() - began
    PAGE.write_text(page(records, checks), encoding="utf-8")
    failed = [record for record in records if record.status is not CaseStatus.OK]
    for record in failed:
        _say(f"{record.model} on {record.target_id}: {record.error_message}")
    _say(f"{len(records)} cases, {len(failed)} failed, {seconds:.0f} s")
    return len(failed)


def measured(files: Sequence[Path]) -> Iterator[CaseRecord]:
    """A record of each case; random inputs, the same for all targets and kernel sets."""
    for target in default_targets():
        cases = assembly.plan(
            targets=[target],
            kernel_sets=list(KERNEL_SETS),
            models=[str(file) for file in files],
            dataset=f"random:{INPUTS}",
        )
        with tempfile.TemporaryDirectory() as folder:
            outcome = assembly.Bench(Path(folder) / "harness.db").measure_kernels(cases)
        for record in outcome.records:
            _say(f"{record.model} · {record.target_id} · {record.kernel_set}: {ended(record)}")
            yield record


def ended(record: CaseRecord) -> str:
    """How a case ended, in a cell."""
    equal, largest = record.reading("vectors_equal"), record.reading("largest_difference")
    if not isinstance(equal, Measurement) or not isinstance(largest, Measurement):
        message = (record.error_message or "").split(" -> ")[0]
        return f"{record.error_class}: {message}" if record.error_class else "not compared"
    if largest.value == 0:
        return "equal"
    return f"{equal.value:.0f} of {equal.n}, ±{largest.value:.0f} LSB"


def page(records: Sequence[CaseRecord], checks: dict[str, ModelCheck]) -> str:
    """The page as Markdown."""
    return f"""# Every model of the test data

Written by `tests/benchmarks/every_model.py`, not by hand: all `.tflite` files of the folder that
`HARNESS_TEST_DATA` names, each with {INPUTS} random inputs. `equal`: all output vectors are byte
for byte those of LiteRT's reference kernels; else how many are, and the largest difference.

{provenance(records)}

{table(records)}

Where `cmsis-nn` is not equal its FULLY_CONNECTED rounds twice and LiteRT's once: 1 LSB, which
layers behind it and SOFTMAX widen ([kernel sets](../firmware/kernels/README.md)).

## Fallbacks

Operators that CMSIS-NN has no kernel for, so that `cmsis-nn` runs them by `reference`.

{fallbacks(records)}

## Room

What `harness models check` tells of every target, boards too: bytes of the model image and of the
arena without the scratch of kernels.

{room(checks)}
"""


def table(records: Sequence[CaseRecord]) -> str:
    """A row for each model and kernel set, a column for each board."""
    cores = list(dict.fromkeys(record.core.removeprefix("Cortex-") for record in records))
    lines = [
        f"| model | MACs | kernels | {' | '.join(cores)} |",
        "|---|---:|---|" + "---|" * len(cores),
    ]
    rows: dict[tuple[str, str], dict[str, CaseRecord]] = {}
    for record in records:
        core = record.core.removeprefix("Cortex-")
        rows.setdefault((record.model, record.kernel_set), {})[core] = record
    for (model, kernels), row in sorted(rows.items(), key=lambda item: item[0][0]):
        macs = max(record.macs or 0 for record in row.values())
        cells = " | ".join(ended(row[core]) for core in cores)
        lines.append(f"| {model} | {macs:,} | {kernels} | {cells} |")
    return "\n".join(lines)


def fallbacks(records: Iterable[CaseRecord]) -> str:
    """Of each model the operators that fall back, from what the firmware was linked of."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        of_model = found.setdefault(record.model, {})
        if record.kernel_set != "reference":
            of_model.update({one.operator: None for one in record.operator_kernels if one.fallback})
    lines = [
        f"| {model} | {', '.join(names) or 'none'} |" for model, names in sorted(found.items())
    ]
    return "\n".join(["| model | fall back |", "|---|---|", *lines])


def room(checks: dict[str, ModelCheck]) -> str:
    """Whether each target has room, and by how much it has not."""
    lines = ["| model | image | arena | targets without room |", "|---|---:|---:|---|"]
    for model, found in sorted(checks.items()):
        short = [
            f"{fit.target}: {region} {missing:,} too small"
            for fit in found.targets
            for region, missing in found.short(fit).items()
        ]
        none = f"none of {len(found.targets)}"
        lines.append(
            f"| {model} | {found.image_bytes:,} | {found.arena_bytes:,} "
            f"| {'; '.join(short) or none} |"
        )
    return "\n".join(lines)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(Path(os.environ["HARNESS_TEST_DATA"])) != 0)
