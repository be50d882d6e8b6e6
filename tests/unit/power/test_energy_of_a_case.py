"""The energy stage of a case, over a virtual instrument's wire, against energies worked out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from harness.bench.case_energy import energy_raw
from harness.bench.energy import EnergyStage
from harness.domain.device import ProfileReply, Reply
from harness.domain.energy import Alignment, EnergySummary
from harness.domain.energy_asked import EnergyAsked
from harness.domain.gate import GateMode, MeteredReply
from harness.domain.power import Invalid, Reason
from harness.errors import HarnessError, LinkTimeout, MeterDisconnected, WrongModel
from harness.power.analysis.board_windows import energy_of
from harness.power.metering import MeteredBoard, metering
from harness.power.meters.virtual import VirtualMeter
from harness.power.options import MeterOptions
from harness.power.traces.npz import trace_of
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import FollowedGate
from harness.results.power_facts import board_of

HZ = 1_000_000
IDLE_A, ACTIVE_A, VOLTS = 2e-3, 10e-3, 3.0
PAUSE_S = 30e-6
PULSE_S = 50e-6
# 10 mA at 3 V for the 2 ms of an inference.
JOULES = VOLTS * ACTIVE_A * 2e-3
MUTE = LinkTimeout("no answer to METERED", deadline_s=1, got=0, hint="Reset it.")


@dataclass
class Board:
    """A board in virtual time: idle for 20 ms around each window, 2000 ticks an inference."""

    gate: FollowedGate
    ticks: int = 2000
    now_s: float = 0.0
    asked: list[tuple[GateMode, int]] = field(default_factory=list)
    answers: int | None = None
    link_interrupts: int = 0
    fails: HarnessError | None = None
    slow: float = 1.0

    def run(self, warmup: int, repeats: int, deadline_s: float) -> Reply:
        return Reply((self.ticks,) * repeats, 0, (b"",))

    def run_metered(
        self, mode: GateMode, warmup: int, repeats: int, deadline_s: float
    ) -> MeteredReply:
        self.asked.append((mode, repeats))
        if self.fails:
            raise self.fails
        seconds = repeats * self.ticks / HZ
        self.now_s += 0.02
        if mode is GateMode.OPERATORS:
            self._operators(repeats)
        self._stamp(mode)
        self.now_s += seconds * self.slow
        self._stamp(mode)
        self.now_s += 0.02
        self.gate.advance(self.now_s)
        return MeteredReply(
            repeats if self.answers is None else self.answers,
            repeats * self.ticks,
            self.link_interrupts,
            (b"",),
        )

    def _stamp(self, mode: GateMode) -> None:
        """An edge of the gate, or a pulse that ends here."""
        if mode is GateMode.PULSE:
            self.gate.edge(self.now_s - PULSE_S)
        self.gate.edge(self.now_s)

    def _operators(self, repeats: int) -> None:
        """Two operators, of a quarter and three quarters of each inference."""
        each = self.ticks / HZ
        for n in range(repeats):
            for part in (0.0, 0.25, 1.0):
                at = self.now_s + n * each + part * each
                self.gate.edge(at - PAUSE_S * (part == 1.0), operator_pin=True)

    def profile(self, warmup: int, operators: int, deadline_s: float) -> ProfileReply:
        quarter = self.ticks // 4
        return ProfileReply(1, (quarter, 3 * quarter - round(PAUSE_S * HZ)), 0, (b"",))


@contextmanager
def at_work(
    gate: FollowedGate, faults: Faults | None = None, name: str = "ppk2"
) -> Iterator[MeteredBoard]:
    options = MeterOptions(silence_s=10.0, check_time=False)
    meter = VirtualMeter(name, options, gate, faults, speed=None)
    with metering(meter, VOLTS, gate=gate) as board:
        yield board


def stage(board: Board, meter: MeteredBoard, **asked: object) -> EnergyStage:
    return EnergyStage(
        board,
        meter,
        EnergyAsked(**asked),  # type: ignore[arg-type]
        counter_hz=HZ,
        inference_s=1.0,
    )


def test_energy_is_the_one_worked_out_and_the_first_window_does_not_count() -> None:
    gate = FollowedGate(IDLE_A, ACTIVE_A)
    board = Board(gate)
    with at_work(gate) as meter:
        found = stage(board, meter, windows=3).measure(warmup=1)
    energy = found.reading
    assert isinstance(energy, EnergySummary), energy
    # 0.1 s with 2 % to spare, in inferences of 2 ms; one window more than asked for.
    assert board.asked == [(GateMode.LEVEL, 51)] * 4
    assert len(energy.windows) == len(found.windows) == 3
    assert energy.energy_j == pytest.approx(JOULES, rel=1e-3)
    assert energy.mean_current_a == pytest.approx(ACTIVE_A, rel=1e-3)
    assert energy.alignment is Alignment.GATE
    assert energy.origin == "simulated"
    assert not energy.for_regression
    assert found.picture["windows"].shape == (3, 2)
    assert found.picture["energies"] == pytest.approx([JOULES] * 3, rel=1e-3)
    assert len(found.picture["seconds"]) == len(found.picture["amperes"]) <= 4000
    assert found.traces[0]["current_a"].size > 3 * 0.1 * 100_000


@pytest.mark.parametrize(
    ("instrument", "way", "recordings"),
    [
        ("ppk2", Alignment.GATE, 1),
        ("lpm01a", Alignment.EVENT, 1),
        ("stlink-v3pwr", Alignment.HARDWARE_START, 4),
    ],
)
def test_what_is_kept_gives_the_same_number_again(
    instrument: str, way: Alignment, recordings: int
) -> None:
    """Through arrays as the store keeps them; a start by hardware has a recording each window."""
    gate = FollowedGate(IDLE_A, ACTIVE_A, pulses=instrument == "lpm01a")
    with at_work(gate, name=instrument) as meter:
        found = stage(Board(gate), meter, windows=3).measure(warmup=0)
    energy = found.reading
    assert isinstance(energy, EnergySummary), energy
    assert (energy.alignment, len(energy.windows)) == (way, 3)
    assert energy.energy_j == pytest.approx(JOULES, rel=5e-3)
    raw = energy_raw(found)
    kept = [trace_of(arrays) for kind, arrays in raw.items() if kind.startswith("power-trace")]
    assert len(kept) == recordings
    assert energy_of(kept, board_of(raw["power-board"], "here")).reading == energy


def test_a_baseline_is_told_beside_the_energy() -> None:
    gate = FollowedGate(IDLE_A, ACTIVE_A)
    with at_work(gate) as meter:
        found = stage(Board(gate), meter, windows=2, baseline="idle").measure(warmup=0)
    energy = found.reading
    assert isinstance(energy, EnergySummary), energy
    assert energy.baseline is not None
    assert energy.baseline.name == "idle"
    assert energy.baseline.power_w == pytest.approx(VOLTS * IDLE_A, rel=1e-2)
    assert energy.net_j == pytest.approx(VOLTS * (ACTIVE_A - IDLE_A) * 2e-3, rel=2e-3)
    assert energy.energy_j == pytest.approx(JOULES, rel=1e-3)


def test_each_operator_has_an_energy() -> None:
    gate = FollowedGate(IDLE_A, ACTIVE_A)
    with at_work(gate) as meter:
        energies = stage(Board(gate), meter, windows=1).operators(2, 0.985 * JOULES)
    assert isinstance(energies, tuple), energies
    # The second one ends 30 us before the next inference begins.
    expected = [VOLTS * ACTIVE_A * 0.5e-3, VOLTS * ACTIVE_A * 1.47e-3]
    assert [one.energy_j for one in energies] == pytest.approx(expected, rel=0.005)


def test_operators_must_add_up_to_the_energy_that_was_measured_without_them() -> None:
    gate = FollowedGate(IDLE_A, ACTIVE_A)
    with at_work(gate) as meter:
        refused = stage(Board(gate), meter, windows=1).operators(2, 0.95 * JOULES)
    assert isinstance(refused, Invalid)
    assert refused.reason is Reason.CLOSURE
    assert "the operators add up to 59.09" in refused.detail


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"answers": 50}, Reason.WRONG_COUNT),
        ({"link_interrupts": 2}, Reason.LINK_ACTIVE),
        ({"fails": MUTE}, Reason.BOARD_FAILED),
        ({"fails": WrongModel("no model is loaded")}, Reason.BROWN_OUT),
        ({"slow": 1.03}, Reason.CLOCK_MISMATCH),
        ({"ticks": 0}, Reason.NO_CLOCK),
    ],
)
def test_what_the_board_does_wrong_leaves_no_number(
    fault: dict[str, object], reason: Reason
) -> None:
    gate = FollowedGate(IDLE_A, ACTIVE_A)
    board = Board(gate, **fault)  # type: ignore[arg-type]
    with at_work(gate) as meter:
        found = stage(board, meter, windows=1).measure(warmup=0)
    assert isinstance(found.reading, Invalid)
    assert found.reading.reason is reason
    assert found.reading.hint


def test_a_meter_that_is_unplugged_is_lost_and_its_part_is_kept() -> None:
    gate = FollowedGate(IDLE_A, ACTIVE_A)
    with at_work(gate, Faults(unplug_after=5000)) as meter:
        found = stage(Board(gate), meter, windows=1).measure(warmup=0)
        assert isinstance(found.reading, Invalid)
        assert found.reading.reason is Reason.DISCONNECTED
        assert meter.lost
    assert found.traces[0]["current_a"].size <= 5000


@pytest.mark.parametrize("ending", [KeyboardInterrupt, MeterDisconnected])
def test_the_output_is_off_however_a_case_ends(ending: type[BaseException]) -> None:
    gate = FollowedGate()
    options = MeterOptions(silence_s=10.0, check_time=False)
    meter = VirtualMeter("ppk2", options, gate, speed=None)
    with pytest.raises(ending), metering(meter, VOLTS, gate=gate) as at, at.record():
        raise ending("in the middle")
    output = [command for command in meter.device.log if command[:1] == b"\x0c"]
    assert output == [b"\x0c\x01", b"\x0c\x00"]
    assert not meter.device.output_on
    assert not meter.device.streaming
