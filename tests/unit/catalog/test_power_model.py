"""A data sheet's current in a target file, and the energy worked out from it: a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders.records import case_record, counted, readings, run_info

from harness import catalog
from harness.cli.energy_estimating import TITLE, energies_estimated
from harness.domain.power_model import PowerModel, estimate_energy
from harness.domain.units import Fidelity, Unit
from harness.errors import BadDefinition
from harness.results.comparability import observe

# A chip of nobody's: 100 mA at 3 V and 100 MHz.
CITED = """
[power_model]
current_ma = 100
voltage = 3.0
clock_hz = 100_000_000
mode = "run from flash"
document = "DS0"
revision = "1"
table = "table 1"
conditions = "LDO, caches on, 25 °C, typical"
"""
MODEL = PowerModel(
    0.1, 3.0, 100_000_000, "run from flash", "DS0", "1", "table 1", "LDO, caches on, 25 °C, typical"
)


def target_file(folder: Path, more: str) -> str:
    original = next(
        path for path in Path("targets").resolve().glob("nucleo-f746zg.toml")
    ).read_text()
    (folder / "targets").mkdir()
    text = original.replace('id = "nucleo-f746zg"', 'id = "modelled"') + more
    (folder / "targets" / "modelled.toml").write_text(text)
    return "modelled"


def test_the_current_of_a_target_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = target_file(tmp_path, CITED)
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    assert catalog.target(name).power_model == MODEL


@pytest.mark.parametrize("missing", ["document", "revision", "table", "conditions", "mode"])
def test_a_current_that_cannot_be_looked_up_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    cited = "\n".join(line for line in CITED.splitlines() if not line.startswith(missing))
    name = target_file(tmp_path, cited)
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    with pytest.raises(BadDefinition, match=missing):
        catalog.target(name)


def test_an_estimate_better_than_half_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = target_file(tmp_path, CITED + "relative = 0.4\n")
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    with pytest.raises(BadDefinition, match="relative"):
        catalog.target(name)


def test_the_energy_by_hand() -> None:
    """100 mA at 3 V for 2,000,000 cycles at 100 MHz, 20 ms: 6 mJ, from 3 to 9."""
    found = estimate_energy(2e6, 100_000_000, MODEL)
    assert not isinstance(found, str)
    joules = (found.low_j, found.middle_j, found.high_j)
    assert joules == pytest.approx((3e-3, 6e-3, 9e-3))


def test_another_clock_has_no_estimate() -> None:
    found = estimate_energy(2e6, 480_000_000, MODEL)
    assert found == "it ran at 480 MHz, the data sheet's current is for another clock"


def test_an_estimate_stands_in_a_table_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = target_file(tmp_path, CITED)
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    cycles = counted(2e6, unit=Unit.CYCLES, fidelity=Fidelity.SILICON)
    board = case_record(
        target_id=name,
        fidelity=Fidelity.SILICON,
        clock_hz=100_000_000,
        readings=readings(cycles),
    )
    section, rows = energies_estimated([observe(board, run_info()), observe(case_record())])
    assert (section.title, section.fidelity) == (TITLE, Fidelity.MODEL)
    assert TITLE == "Estimates, not measurements"
    assert section.notes == (MODEL.basis,)
    assert "DS0 rev. 1, table 1: 100 mA at 3 V, 100 MHz, run from flash; LDO" in MODEL.basis
    cells = [row[3] for row in section.tables[0].rows]
    assert cells[0].text == "~6,000 (3,000..9,000)"
    assert cells[1].reason == "a simulator counts instructions: no time follows from them"
    assert rows[0]["fidelity"] == "model"
    assert "energy_per_inference" not in rows[0]


@pytest.mark.parametrize("board", ["openmv-h7", "nucleo-h743zi"])
def test_the_current_of_an_stm32h743(board: str) -> None:
    """DS12110 Rev 10, table 130: VOS0, 480 MHz, peripherals disabled, typical: 110 mA at 3.3 V."""
    model = catalog.target(board).power_model
    assert model is not None
    found = estimate_energy(480e6, catalog.target(board).clock_hz, model)
    assert not isinstance(found, str)
    assert (found.low_j, found.middle_j, found.high_j) == pytest.approx((0.1815, 0.363, 0.5445))
