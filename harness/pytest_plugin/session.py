"""What the plugin keeps during one pytest session: an open run and its records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.assembly import Bench
    from harness.bench.events import Event
    from harness.domain.plan import Case
    from harness.domain.record import CaseRecord


class HarnessSession:
    """Runs each case once, however many tests ask for it; a failed one is not tried again.

    `records` holds those of all cases that ended, in order, a case that Ctrl-C ended included.
    """

    def __init__(
        self, results: str | None, rig_file: Path | None = None, wait_board_s: float = 0.0
    ) -> None:
        self.records: list[CaseRecord] = []
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
        key = (case.label, case.model.path, case.dataset, case.limit, case.repeat, case.warmup)
        if key not in self._ended:
            self._ended[key] = self._run(case)
        ended = self._ended[key]
        if isinstance(ended, HarnessError):
            raise ended
        return ended

    def _run(self, case: Case) -> CaseRecord | HarnessError:
        from harness.assembly import Bench

        self._bench = self._bench or Bench(
            self._results, rig_file=self._rig_file, wait_board_s=self._wait_board_s
        )
        try:
            outcome = self._bench.measure([case], self._listen)
        except HarnessError as error:
            return error
        return outcome.errors[0] if outcome.errors else outcome.records[0]

    def _listen(self, event: Event) -> None:
        from harness.bench.events import CaseFinished

        if isinstance(event, CaseFinished):
            self.records.append(event.record)
