"""`harness run --profile` on a simulated board: the operators' counts are kept, and drawn."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu

from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord
from harness.results import Store, open_store
from harness.results.case_raw import PROFILE, operator_counts_of, samples_of

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
TICK = 40.0  # instructions of `mps2-an500`'s timer


def harness(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which mlp-digits was measured with both kernel sets and a profile."""
    folder = tmp_path_factory.mktemp("profiled")
    words = ("run", "-t", "mps2-an500", "-m", "mlp-digits", "-k", "reference", "-k", "cmsis-nn")
    harness(folder, *words, "--limit", "2", "--profile", "--quiet")
    return folder


def kept(folder: Path) -> tuple[Store, list[CaseRecord]]:
    store = open_store(folder / "results" / "harness.db")
    (run,) = store.runs()
    return store, store.cases(run.id)


def test_the_operators_add_up_to_the_inference(measured: Path) -> None:
    """Each window begins and ends between two ticks, and an empty one may cost some."""
    store, records = kept(measured)
    assert [record.kernel_set for record in records] == ["reference", "cmsis-nn"]
    for record in records:
        operators = operator_counts_of(store.raw, record)
        assert [one.operator for one in operators] == [k.operator for k in record.operator_kernels]
        counts = [one.count for one in operators]
        assert None not in counts
        arrays = store.raw.get(dict(record.raw)[PROFILE])
        assert float(arrays["per_tick"]) == TICK
        empty = int(arrays["empty_window"]) * TICK
        total = sum(count - empty for count in counts if count is not None)
        samples = samples_of(store.raw, record)
        assert samples is not None
        assert samples.shape == (2, 1)
        last = samples[-1, 0]  # the profile is of the last input once more
        assert abs(total - last) <= TICK * (len(counts) + 1)
        (whole,) = (r for r in record.readings if r.quantity == "instructions")
        assert isinstance(whole, Measurement)
        assert whole.minimum <= last <= whole.maximum


def test_a_report_draws_them(measured: Path) -> None:
    store, records = kept(measured)
    harness(measured, "report", "--html", "r.html", "--md", "r.md", "--quiet")
    text = (measured / "r.md").read_text(encoding="utf-8")
    assert "## Instructions by operator (simulated)" in text
    stack = text.partition("## Instructions by operator (simulated)")[2].partition("\n## ")[0]
    for record in records:
        for one in operator_counts_of(store.raw, record):
            name = one.operator.replace("_", r"\_")
            (row,) = (line for line in stack.splitlines() if f"| {one.index} | {name} |" in line)
            assert f"| {one.count:,.0f} |" in row
    assert "Instructions by operator" in (measured / "r.html").read_text(encoding="utf-8")


def test_without_it_none_is_kept(tmp_path: Path) -> None:
    words = ("run", "-t", "mps2-an500", "-m", "mlp-digits", "-k", "cmsis-nn", "--limit", "1")
    harness(tmp_path, *words, "--quiet")
    _, (record,) = kept(tmp_path)
    assert PROFILE not in dict(record.raw)
