"""A power meter that finds what it is told to find, whatever the board does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from builders.energies import METER

from harness.domain.energy import EnergyReading, OperatorEnergy
from harness.domain.gate import GateFeed
from harness.domain.metering import BoardWindows, EnergyFound, Recording
from harness.domain.power import Accuracy, Invalid, MeterCaps, MeterInfo, Sync


@dataclass
class AlwaysTheSame:
    """A meter that finds what it is told to find; `recorded` is how many windows it was shown."""

    reading: EnergyReading
    sync: Sync = Sync.GATE
    gate: GateFeed | None = None
    lost: str = ""
    info: MeterInfo = METER
    caps: MeterCaps = field(
        default_factory=lambda: MeterCaps(
            (0.8, 5.0), 1.0, (1e5,), 1, False, False, Accuracy(0.02, 0.01, 0, 0, "made up")
        )
    )
    recorded: list[BoardWindows] = field(default_factory=list)

    @contextmanager
    def record(self, sync: Sync | None = None) -> Iterator[Recording]:
        yield self

    def settle(self, seconds: float) -> None:
        """Time does not matter here."""

    def failed(self) -> bool:
        return False

    def energy(self, board: BoardWindows) -> EnergyFound:
        self.recorded.append(board)
        picture = {"seconds": np.arange(3.0), "amperes": np.ones(3), "windows": np.ones((1, 2))}
        return EnergyFound(
            self.reading, traces=({"current_a": np.ones(3)},), board=board, picture=picture
        )

    def operators(
        self, board: BoardWindows, operator_s: Sequence[float], inference_j: float
    ) -> tuple[OperatorEnergy, ...] | Invalid:
        raise AssertionError("a meter with one input sees no operators")
