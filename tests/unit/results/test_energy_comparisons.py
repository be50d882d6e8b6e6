"""What a virtual meter said is compared with nothing, and is in no baseline."""

from __future__ import annotations

from pathlib import Path

from builders.energies import energy_summary
from builders.records import case_record, counted, readings, run_info

from harness.bench.energy_readings import energy_readings
from harness.domain.units import Fidelity
from harness.results.baseline import write_baseline
from harness.results.comparability import key_of, observe


def test_a_simulated_energy_is_in_no_baseline(tmp_path: Path) -> None:
    found = energy_readings(energy_summary(origin="simulated"), Fidelity.SIMULATED)
    record = case_record(readings=(*readings(counted(7_628_160.0)), *found))
    simulated = observe(record, run_info())
    assert not [name for name in simulated.metrics if name.endswith("_sim") or "energy" in name]
    write_baseline(tmp_path / "b.json", [simulated])
    text = (tmp_path / "b.json").read_text()
    assert "energy" not in text
    assert "_sim" not in text


def test_counts_are_comparable_whether_a_meter_was_there_or_not() -> None:
    alone = case_record(tool_versions=(("qemu", "7.2"),))
    metered = case_record(tool_versions=(("qemu", "7.2"), ("power-meter", "PPK2 (virtual)")))
    assert key_of(alone) == key_of(metered)
