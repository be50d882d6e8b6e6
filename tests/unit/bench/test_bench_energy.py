"""Energy at the end of a case: what is kept of it, and what its absence costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from bench_desk import TARGET, Desk
from builders.energies import energy_summary
from builders.records import run_info
from devices.told_meter import AlwaysTheSame

from harness.bench.board_health import BoardHealth
from harness.bench.case import run_case
from harness.bench.case_extras import Extras
from harness.bench.events import EnergyMeasured, Event, Stage, StageStarted
from harness.bench.rig import PowerRig
from harness.domain.coordinates import Coordinates
from harness.domain.energy_asked import EnergyAsked
from harness.domain.measurement import Measurement, Missing
from harness.domain.metering import Metering
from harness.domain.power import Invalid, Reason
from harness.domain.quantities import OF_A_METER
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.target import CounterMeaning, Target
from harness.domain.units import Fidelity, Unit
from harness.errors import CaseTimeout, EnergyMissing, HarnessError
from harness.power.metering import metering
from harness.power.meters.virtual import VirtualMeter
from harness.power.options import MeterOptions
from harness.power.virtual.waveform import FollowedGate
from harness.report.energy_table import energy_sections
from harness.results import open_store
from harness.results.comparability import observe
from harness.results.observing import detailed
from harness.results.power_facts import board_of
from harness.results.raw import Arrays

UNPLUGGED = Invalid(Reason.DISCONNECTED, "it went away", "Plug it in.")
COUNTER = CounterMeaning("ticker", Unit.CYCLES, 1)
SILICON = replace(TARGET, fidelity=Fidelity.SILICON, counter=COUNTER)


def measured(
    desk: Desk,
    meter: AlwaysTheSame | str | None,
    *,
    target: Target = TARGET,
    asked: EnergyAsked | None = None,
    told: list[Event] | None = None,
    kept: dict[str, Arrays] | None = None,
) -> tuple[CaseRecord, HarnessError | KeyboardInterrupt | None]:
    desk.device.target = target

    @contextmanager
    def start(
        target: Target, folder: Path
    ) -> Iterator[tuple[Coordinates, AlwaysTheSame | str | None]]:
        with desk.start(target, folder) as at:
            yield at, meter

    def keep(kind: str, arrays: Arrays) -> str:
        if kept is not None:
            kept[kind] = arrays
        return "ab" * 32

    rig = replace(desk.rig, power=PowerRig(asked or EnergyAsked(windows=3), start))
    prepared = desk.prepared(target=target)
    return run_case(
        prepared, rig, (told if told is not None else []).append, extras=Extras(keep_raw=keep)
    )


def test_an_energy_of_silicon_is_kept_with_all_that_belongs_to_it(desk: Desk) -> None:
    meter = AlwaysTheSame(energy_summary())
    told: list[Event] = []
    kept: dict[str, Arrays] = {}
    record, error = measured(desk, meter, target=SILICON, told=told, kept=kept)
    assert error is None
    assert record.status is CaseStatus.OK
    energy = record.reading("energy_per_inference")
    assert isinstance(energy, Measurement)
    assert (energy.value, energy.unit, energy.n) == (1.4e-3, Unit.JOULES, 5)
    assert (energy.minimum, energy.maximum) == pytest.approx((1.3998e-3, 1.4002e-3))
    assert (energy.fidelity, energy.instrument) == (Fidelity.SILICON, "PPK2 E0F1")
    assert energy.method == "alignment gate; 3 V"
    values = {one.quantity: one.value for one in record.readings if isinstance(one, Measurement)}
    assert values["energy_uncertainty"] == 0.04e-3
    assert values["energy_repeatability"] == 1.13e-4
    assert values["energy_per_inference_net"] == pytest.approx(0.669e-3)
    assert values["mean_current"] == 10.85e-3
    assert values["peak_current"] == 12e-3
    assert values["charge_per_inference"] == pytest.approx(466.7e-6, rel=1e-4)
    assert values["supply_voltage"] == 3.0
    assert values["energy_coverage"] == 0.9999
    assert values["energy_inferences"] == 250
    assert [event.reading for event in told if isinstance(event, EnergyMeasured)] == [meter.reading]
    assert {"current", "power-trace"} <= kept.keys()
    assert [board_of(kept["power-board"], "here")] == meter.recorded
    joules = [1.3998e-3, 1.3999e-3, 1.4e-3, 1.4001e-3, 1.4002e-3]
    assert kept["power-windows"]["energy_per_inference"] == pytest.approx(joules)
    assert "PPK2 E0F1 firmware 1.2.4; probe released" in dict(record.tool_versions)["power-meter"]


def test_the_board_runs_one_request_for_each_window(desk: Desk) -> None:
    """100 ticks at 25 MHz are 4 us; 1 s of it with 2 % to spare, three windows and a first one."""
    meter = AlwaysTheSame(energy_summary())
    measured(desk, meter, target=SILICON, asked=EnergyAsked(windows=3, window_s=1.0))
    (board,) = meter.recorded
    assert (board.inferences, len(board.windows), board.discarded) == (255_000, 4, 1)
    assert {one.answered for one in board.windows} == {255_000}
    assert board.least_s == 1.0


@pytest.mark.parametrize(
    ("target", "origin"), [(TARGET, "simulated"), (SILICON, "simulated"), (SILICON, "imported")]
)
def test_what_is_simulated_has_names_of_its_own(desk: Desk, target: Target, origin: str) -> None:
    record, _ = measured(desk, AlwaysTheSame(energy_summary(origin=origin)), target=target)
    powers = [one for one in record.readings if one.quantity.removesuffix("_sim") in OF_A_METER]
    assert len(powers) == len(OF_A_METER)
    for one in powers:
        assert isinstance(one, Measurement)
        assert one.quantity.endswith("_sim")
        assert one.fidelity is Fidelity.SIMULATED
    assert record.reading("energy_per_inference") == Missing("energy_per_inference", "not recorded")
    assert not [name for name in observe(record).metrics if "energy" in name or "_sim" in name]


@pytest.mark.parametrize(
    ("meter", "reason"),
    [
        (AlwaysTheSame(UNPLUGGED), "DISCONNECTED: it went away"),
        ("no power meter", "no power meter"),
    ],
)
def test_a_case_keeps_its_counts_where_there_is_no_energy(
    desk: Desk, meter: AlwaysTheSame | str, reason: str
) -> None:
    record, error = measured(desk, meter, target=SILICON)
    assert error is None
    assert isinstance(record.reading("cycles"), Measurement)
    assert record.reading("energy_per_inference") == Missing("energy_per_inference", reason)


@pytest.mark.parametrize("meter", [AlwaysTheSame(UNPLUGGED), "no power meter"])
def test_an_energy_that_is_required_and_missing_fails_the_case(
    desk: Desk, meter: AlwaysTheSame | str
) -> None:
    record, error = measured(desk, meter, target=SILICON, asked=EnergyAsked(required=True))
    assert isinstance(error, EnergyMissing)
    assert error.exit_code == 4
    assert error.what.startswith("no energy: ")
    assert error.hint
    assert (record.status, record.error_class) == (CaseStatus.FAILED, "EnergyMissing")
    assert record.readings == ()


def test_where_nobody_asked_nothing_is_told(desk: Desk) -> None:
    record, error = measured(desk, None)
    assert error is None
    assert not [one for one in record.readings if "energy" in one.quantity]
    assert desk.device.runs == 5  # four inputs, and one to warm up


def test_a_board_without_a_pin_has_no_energy_and_says_so(desk: Desk) -> None:
    desk.device.has_pins = False
    record, _ = measured(desk, AlwaysTheSame(energy_summary()), target=SILICON)
    found = record.reading("energy_per_inference")
    assert isinstance(found, Missing)
    assert found.reason.startswith("BOARD_FAILED: DeviceError")


def test_an_energy_that_is_missing_is_not_the_boards_fault() -> None:
    boards = BoardHealth()
    for _ in range(3):
        boards.note(SILICON, EnergyMissing("no energy: SILENT", hint="Look."))
    boards.require_sound(SILICON)


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), CaseTimeout("too long", hint="Wait.")])
def test_however_a_case_ends_the_output_is_off_and_the_record_is_whole(
    desk: Desk, tmp_path: Path, ending: BaseException
) -> None:
    """The instrument is a virtual one over its wire; the end comes as the windows would begin."""
    meter = VirtualMeter("ppk2", MeterOptions(silence_s=5, check_time=False), FollowedGate())

    @contextmanager
    def start(target: Target, folder: Path) -> Iterator[tuple[Coordinates, Metering]]:
        with (
            desk.start(target, folder) as at,
            metering(meter, 3.0, gate=FollowedGate(), pause=lambda seconds: None) as at_work,
        ):
            yield at, at_work

    def interrupt(event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage is Stage.ENERGY:
            raise ending

    rig = replace(desk.rig, power=PowerRig(EnergyAsked(), start))
    record, error = run_case(desk.prepared(), rig, interrupt)
    assert error is ending
    output = [command for command in meter.device.log if command[:1] == b"\x0c"]
    assert output == [b"\x0c\x01", b"\x0c\x00"]
    store = open_store(tmp_path / "results.db")
    run = run_info()
    store.begin(run)
    store.add(run.id, record)
    (kept,) = store.cases(run.id)
    assert (kept.status, kept.readings, kept.raw) == (CaseStatus.FAILED, (), ())


def test_what_is_kept_is_what_comes_back(desk: Desk, tmp_path: Path) -> None:
    record, _ = measured(desk, AlwaysTheSame(energy_summary()), target=SILICON)
    store = open_store(tmp_path / "results.db")
    run = run_info()
    store.begin(run)
    store.add(run.id, record)
    assert store.cases(run.id)[0].readings == record.readings


@pytest.mark.parametrize(("origin", "there"), [("measured", True), ("simulated", False)])
def test_the_gate_is_given_the_windows_of_silicon(
    desk: Desk, tmp_path: Path, origin: str, there: bool
) -> None:
    kept: dict[str, Arrays] = {}
    meter = AlwaysTheSame(energy_summary(origin=origin))
    record, _ = measured(desk, meter, target=SILICON, kept=kept)
    store = open_store(tmp_path / "results.db")
    raw = tuple((kind, store.raw.put(kind, arrays)) for kind, arrays in kept.items())
    samples = detailed(replace(record, raw=raw), run_info(), store.raw).samples
    assert set(samples) == ({"cycles", "energy_per_inference"} if there else {"cycles"})
    if there:
        assert samples["energy_per_inference"] == pytest.approx(
            [1.3998e-3, 1.3999e-3, 1.4e-3, 1.4001e-3, 1.4002e-3]
        )


@pytest.mark.parametrize(("spread", "warned"), [(0.0049, False), (0.0051, True)])
def test_windows_that_vary_more_than_half_a_per_cent_are_told(
    desk: Desk, spread: float, warned: bool
) -> None:
    record, _ = measured(desk, AlwaysTheSame(energy_summary(repeatability=spread)), target=SILICON)
    found = record.reading("energy_repeatability")
    assert isinstance(found, Measurement)
    assert ("more than 0.5 %" in found.method) is warned
    (section,) = energy_sections([record])
    notes = [note for note in section.notes if note.startswith("warning: ")]
    assert len(notes) == warned
    for note in notes:
        assert note.endswith("vary by 0.51 %, more than 0.5 %: look at its current over time")
