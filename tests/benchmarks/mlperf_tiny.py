"""The five MLPerf Tiny models on every simulated board: measures them, and writes the page.

python tests/benchmarks/mlperf_tiny.py            (HARNESS_TEST_DATA names the data)
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus
from harness.report.writers import md
from harness.results import open_store

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "results" / "mlperf-tiny.md"
KERNELS = "-k reference -k cmsis-nn -b O2 -b single-rounding"
# Run in the data folder. Without a labelled set: random inputs.
MODELS = "models/mlperf-tiny"
COMMANDS = (
    f"harness run {KERNELS} -m {MODELS}/kws_ref_model.tflite -d mlperf:sets/kws01 --limit 200",
    f"harness run {KERNELS} -m {MODELS}/pretrainedResnet_quant.tflite -d mlperf:sets/ic01 "
    "--limit 100",
    f"harness run {KERNELS} -m {MODELS}/vww_96_int8.tflite -m {MODELS}/ad01_int8.tflite "
    f"-m {MODELS}/str_ww_ref_model.tflite -d random:32",
)
NAMES = {
    "kws_ref_model": "keyword spotting (DS-CNN)",
    "pretrainedResnet_quant": "image classification (ResNet-8)",
    "vww_96_int8": "visual wake words (MobileNetV1 0.25)",
    "ad01_int8": "anomaly detection (autoencoder)",
    "str_ww_ref_model": "streaming wake word",
}


def main(data: Path) -> None:
    """Measure all, and write the page only where every case has ended well on one commit."""
    # Paths relative to the data go into the records; the commit is that of this checkout.
    checkout = {"GIT_DIR": str(ROOT / ".git"), "GIT_WORK_TREE": str(ROOT), "PYTHONPATH": str(ROOT)}
    environment = os.environ | checkout
    with tempfile.TemporaryDirectory() as folder:
        results = f"{folder}/harness.db"
        for command in COMMANDS:
            words = shlex.split(command)[1:]
            subprocess.run(
                [sys.executable, "-m", "harness.cli", *words, "--results", results],
                cwd=data,
                env=environment,
                check=True,
            )
        store = open_store(results)
        runs = store.runs()
        records = [record for run in runs for record in store.cases(run.id)]
    if len({run.git_commit for run in runs} | {None}) != 2 or any(run.git_dirty for run in runs):
        raise SystemExit("not all was measured on one clean commit")
    if any(record.status is not CaseStatus.OK for record in records):
        raise SystemExit("a case failed: see above")
    PAGE.write_text(page(records), encoding="utf-8")


def page(records: Sequence[CaseRecord]) -> str:
    """The page as Markdown."""
    commands = "\n".join(
        command.replace(" -m ", " \\\n    -m ").replace(" -d ", " \\\n    -d ")
        for command in COMMANDS
    )
    return f"""# The five MLPerf Tiny models

Int8 reference models of MLPerf Tiny (mlcommons/tiny, Apache-2.0) on every simulated board, all
measured on one commit. Written by `tests/benchmarks/mlperf_tiny.py`, not by hand. These are
instructions, not time. The runs, in the folder that `HARNESS_TEST_DATA` names:

```sh
{commands}
```

{provenance(records)}

Accuracy is that of the first inputs of the published set, `n` stands below the table; where no
labelled set is at hand the inputs are random, and accuracy is missing.

{md.render(records)}
## Equal to LiteRT's reference kernels

Output vectors that are equal byte for byte, summed over all boards; n on each board is the same.

{equality(records)}

CMSIS-NN rounds FULLY_CONNECTED twice where LiteRT's reference kernel rounds once, which can put an
output off by 1 LSB; layers behind it can widen that. The build variant `single-rounding` compiles
its inner kernel to round once ([kernel sets](../firmware/kernels/README.md)).

{verdict(records)}

## Arena

Bytes that the host's planner placed, scratch of the kernels included, beside the lower bound: the
most bytes that live at one time.

{arena(records)}
"""


def provenance(records: Iterable[CaseRecord]) -> str:
    """What the numbers depend on: compiler, flags, library, tools."""
    rows = list(records)
    library = _one(f"{r.library_name} {r.library_version}" for r in rows if r.library_name)
    tree = _one(str(r.library_tree_hash)[:16] for r in rows if r.library_name)
    tools = {name: version for record in rows for name, version in record.tool_versions}
    lines = [
        ("compiler", _one(str(record.compiler) for record in rows)),
        ("library", f"{library}, tree {tree}"),
        ("simulator", f"qemu {tools['qemu']}"),
        ("host reference", f"LiteRT {tools['litert']}, reference kernels"),
    ]
    table = [f"| {name} | {text} |" for name, text in lines]
    return "\n".join(["| what | version |", "|---|---|", *table])


def equality(records: Sequence[CaseRecord]) -> str:
    """How many vectors are equal, and by how much the others differ."""
    lines = ["| model | kernels | build | equal | largest difference |", "|---|---|---|---:|---:|"]
    for model, kernels, build in dict.fromkeys((r.model, r.kernel_set, r.variant) for r in records):
        same = [r for r in records if (r.model, r.kernel_set, r.variant) == (model, kernels, build)]
        equal, of = _number(same, "vectors_equal")
        largest = max(_value(record, "largest_difference").value for record in same)
        name = f"{model}: {NAMES[model]}"
        lines.append(f"| {name} | {kernels} | {build} | {equal:.0f} of {of} | {largest:.0f} LSB |")
    return "\n".join(lines)


def verdict(records: Sequence[CaseRecord]) -> str:
    """Which builds are wholly equal, in a sentence for each."""
    lines = []
    for kernels, build in dict.fromkeys((r.kernel_set, r.variant) for r in records):
        ours = [r for r in records if (r.kernel_set, r.variant) == (kernels, build)]
        differ = [r.model for r in ours if _value(r, "largest_difference").value]
        where = ", ".join(dict.fromkeys(differ))
        told = (
            f"differs in {where}, in no other model" if where else "all vectors equal, everywhere"
        )
        lines.append(f"- `{kernels}`, `{build}`: {told}")
    return "\n".join(lines)


def arena(records: Sequence[CaseRecord]) -> str:
    """Arena and lower bound of each model; boards that agree share a row."""
    lines = [
        "| model | kernels | boards | arena | lower bound | ratio |",
        "|---|---|---|---:|---:|---:|",
    ]
    rows: dict[tuple[str, str, int, int], dict[str, None]] = {}
    for record in records:
        size, bound = record.arena_bytes or 0, record.arena_lower_bound or 0
        rows.setdefault((record.model, record.kernel_set, size, bound), {})[_core(record)] = None
    for (model, kernels, size, bound), cores in rows.items():
        words = ", ".join(cores)
        lines.append(
            f"| {model} | {kernels} | {words} | {size:,} | {bound:,} | {size / bound:.3f} |"
        )
    return "\n".join(lines)


def _core(record: CaseRecord) -> str:
    return record.core.removeprefix("Cortex-")


def _number(records: Iterable[CaseRecord], quantity: str) -> tuple[float, int]:
    readings = [_value(record, quantity) for record in records]
    return sum(one.value for one in readings), sum(one.n for one in readings)


def _value(record: CaseRecord, quantity: str) -> Measurement:
    reading = record.reading(quantity)
    if not isinstance(reading, Measurement):
        raise SystemExit(f"{record.model} on {record.target_id}: {reading}")
    return reading


def _one(texts: Iterable[str]) -> str:
    """The text that all have."""
    (only,) = set(texts)
    return only


if __name__ == "__main__":
    main(Path(os.environ["HARNESS_TEST_DATA"]))
