"""What the energy stage tells of a board's clock that runs on: seconds, and only of real boards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from harness.bench.energy import EnergyStage
from harness.domain.device import ProfileReply, Reply
from harness.domain.energy import OperatorEnergy
from harness.domain.energy_asked import EnergyAsked
from harness.domain.gate import ClockReading, GateFeed, GateMode, MeteredReply
from harness.domain.metering import BoardWindows, EnergyFound, Recording
from harness.domain.power import Accuracy, Invalid, MeterCaps, MeterInfo, Reason, Sync
from harness.power.virtual.waveform import FollowedGate

HZ = 1_000_000
CAPS = MeterCaps(None, 1.0, (100.0,), 0, False, True, Accuracy(0.01, 0.01, 1e-4, 0.0, "by hand"))
INFO = MeterInfo("test", "test")
NOTHING = Invalid(Reason.NO_CLOCK, "not asked for")


@dataclass
class Board:
    """Windows of 1.02 s of its own clock, which wraps in the second; 0.5 s lie between two."""

    has_clock: bool = True
    now_s: float = 500.0
    clock: int = 2**32 - 2 * HZ

    def run(self, warmup: int, repeats: int, deadline_s: float) -> Reply:
        return Reply((HZ // 100,) * repeats, 0, (b"",))

    def run_metered(
        self, mode: GateMode, warmup: int, repeats: int, deadline_s: float
    ) -> MeteredReply:
        began = (self.clock + HZ // 2) % 2**32
        self.clock = (began + repeats * HZ // 100) % 2**32
        self.now_s += 0.5 + repeats / 100
        clock = ClockReading(began, self.clock, HZ) if self.has_clock else None
        return MeteredReply(repeats, repeats * HZ // 100, 0, (b"",), clock)

    def profile(self, warmup: int, operators: int, deadline_s: float) -> ProfileReply:
        raise AssertionError("nobody asks for operators here")


class Running:
    def settle(self, seconds: float) -> None:
        """Time is the board's."""

    def failed(self) -> bool:
        return False


@dataclass
class Listening:
    """A meter that keeps what it is told of the board."""

    gate: GateFeed | None = None
    told: list[BoardWindows] = field(default_factory=list)
    info: MeterInfo = INFO
    caps: MeterCaps = CAPS
    sync: Sync = Sync.NONE
    lost: str = ""

    @contextmanager
    def record(self, sync: Sync | None = None) -> Iterator[Recording]:
        yield Running()

    def energy(self, board: BoardWindows) -> EnergyFound:
        self.told.append(board)
        return EnergyFound(NOTHING)

    def operators(
        self, board: BoardWindows, operator_s: Sequence[float], inference_j: float
    ) -> tuple[OperatorEnergy, ...] | Invalid:
        return NOTHING


def told(board: Board, gate: GateFeed | None = None) -> BoardWindows:
    meter = Listening(gate)
    asked = EnergyAsked(windows=2, window_s=1.0)
    stage = EnergyStage(
        board, meter, asked, counter_hz=HZ, inference_s=1.0, clock=lambda: board.now_s
    )
    stage.measure(warmup=0)
    (windows,) = meter.told
    return windows


def test_a_window_has_the_seconds_of_a_clock_that_wraps() -> None:
    spans = [one.device_s for one in told(Board()).windows]
    first = (2**32 - 1.5 * HZ) / HZ
    assert spans == [
        pytest.approx((first + 1.52 * n, first + 1.52 * n + 1.02), abs=1e-6) for n in range(3)
    ]
    assert [one.host_s for one in told(Board()).windows][1] == pytest.approx((501.52, 503.04))


def test_a_board_without_one_tells_none() -> None:
    assert [one.device_s for one in told(Board(has_clock=False)).windows] == [None] * 3


def test_of_a_simulated_board_the_host_s_clock_tells_nothing() -> None:
    windows = told(Board(), FollowedGate()).windows
    assert [one.device_s for one in windows] == [None] * 3
    assert [one.board_s for one in windows] == pytest.approx([windows[0].answered / 100] * 3)
