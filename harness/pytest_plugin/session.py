"""What the plugin keeps during one pytest session: an open run and its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.assembly import Bench
    from harness.domain.plan import Case
    from harness.domain.record import CaseRecord


class HarnessSession:
    """Runs each case once, however many tests ask for it; a failed one is not tried again."""

    def __init__(self, results: str) -> None:
        self._results = results
        self._bench: Bench | None = None
        self._ended: dict[tuple[object, ...], tuple[CaseRecord | None, HarnessError | None]] = {}

    @property
    def records(self) -> list[CaseRecord]:
        """The records of all cases that ran, in order."""
        return [record for record, _ in self._ended.values() if record is not None]

    def result(self, case: Case) -> CaseRecord:
        """The record of `case`, which runs now if it has not yet.

        Raises:
            HarnessError: the case failed, now or the first time it was asked for.
        """
        key = (case.label, case.model.path, case.dataset, case.limit, case.repeat, case.warmup)
        if key not in self._ended:
            self._ended[key] = self._run(case)
        record, error = self._ended[key]
        if record is None or error is not None:
            raise error or LookupError(case.label)
        return record

    def _run(self, case: Case) -> tuple[CaseRecord | None, HarnessError | None]:
        from harness.assembly import Bench

        try:
            self._bench = self._bench or Bench(self._results)
            outcome = self._bench.measure([case])
        except HarnessError as error:
            return None, error
        return outcome.records[0], outcome.errors[0] if outcome.errors else None
