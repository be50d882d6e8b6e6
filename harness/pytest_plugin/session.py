"""What the plugin keeps during one pytest session: an open run and its records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.assembly import Bench
    from harness.bench.events import Event
    from harness.domain.energy import EnergyReading
    from harness.domain.energy_asked import EnergyAsked
    from harness.domain.plan import Case
    from harness.domain.record import CaseRecord


class HarnessSession:
    """Runs each case once, however many tests ask for it; a failed one is not tried again.

    `records` holds those of all cases that ended, in order, a case that Ctrl-C ended included.
    `meter_lost` says why there can be no more energies, once a meter was unplugged.
    """

    def __init__(
        self,
        results: str | None,
        rig_file: Path | None = None,
        wait_board_s: float = 0.0,
        energy: EnergyAsked | None = None,
    ) -> None:
        self.records: list[CaseRecord] = []
        self.meter_lost = ""
        self._asked = energy
        self._energies: dict[tuple[object, ...], EnergyReading] = {}
        self._energy: EnergyReading | None = None
        self._results = results
        self._rig_file = rig_file
        self._wait_board_s = wait_board_s
        self._bench: Bench | None = None
        self._ended: dict[tuple[object, ...], CaseRecord | HarnessError] = {}

    @property
    def kept(self) -> tuple[str, str] | None:
        """The results database and the id of this session's run in it; None if none began."""
        return (self._bench.results, self._bench.run_id) if self.records and self._bench else None

    def result(self, case: Case) -> CaseRecord:
        """The record of `case`, which runs now if it has not yet.

        Raises:
            HarnessError: the case failed, now or the first time it was asked for.
        """
        key = _key(case)
        if key not in self._ended:
            self._energy = None
            self._ended[key] = self._run(case)
            if self._energy is not None:
                self._energies[key] = self._energy
        ended = self._ended[key]
        if isinstance(ended, HarnessError):
            raise ended
        return ended

    def energy(self, case: Case) -> EnergyReading | None:
        """The energy of `case`, which runs now if it has not yet; None where no meter was at work.

        Raises:
            HarnessError: as `result`.
        """
        self.result(case)
        return self._energies.get(_key(case))

    def why_no_energy(self, case: Case) -> str:
        """What the record of `case` says of it, or nothing."""
        from harness.domain.measurement import Missing
        from harness.domain.quantities import ENERGY, SIMULATED_SUFFIX

        for reading in self.result(case).readings:
            if (
                isinstance(reading, Missing)
                and reading.quantity.removesuffix(SIMULATED_SUFFIX) == ENERGY
            ):
                return reading.reason
        return ""

    def _run(self, case: Case) -> CaseRecord | HarnessError:
        from harness.assembly import Bench

        self._bench = self._bench or Bench(
            self._results,
            rig_file=self._rig_file,
            wait_board_s=self._wait_board_s,
            energy=self._asked,
        )
        try:
            outcome = self._bench.measure([case], self._listen)
        except HarnessError as error:
            return error
        return outcome.errors[0] if outcome.errors else outcome.records[0]

    def _listen(self, event: Event) -> None:
        from harness.bench.events import CaseFinished, EnergyMeasured

        if isinstance(event, CaseFinished):
            self.records.append(event.record)
        elif isinstance(event, EnergyMeasured):
            self._energy = event.reading
            self._note_loss(event.reading)

    def _note_loss(self, reading: EnergyReading) -> None:
        from harness.domain.power import Invalid, Reason

        if isinstance(reading, Invalid) and reading.reason is Reason.DISCONNECTED:
            self.meter_lost = reading.detail


def _key(case: Case) -> tuple[object, ...]:
    return (case.label, case.model.path, case.dataset, case.limit, case.repeat, case.warmup)


SESSION = pytest.StashKey[HarnessSession]()
