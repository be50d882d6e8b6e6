"""A nightly as tests: its plan's cases are measured once, and each case's verdict is a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin.boards import wait_board_s
from harness.pytest_plugin.options import option

# The rest is imported where it is used: a run without --nightly must not pay for it.
if TYPE_CHECKING:
    from harness.domain.nightly import Night, NightlyPlan
    from harness.domain.plan import Case
    from harness.domain.verdict import CaseVerdict

WIDTH = 120


class NightSession:
    """The nightly of one pytest session, measured when its first test begins."""

    def __init__(
        self, results: str | None = None, rig_file: Path | None = None, wait_s: float = 0.0
    ) -> None:
        self.plan: NightlyPlan | None = None
        self._results = results
        self._rig_file = rig_file
        self._wait_s = wait_s
        self._night: Night | HarnessError | None = None

    def night(self) -> Night:
        """How it ended; the first call measures.

        Raises:
            HarnessError: it could not be measured or judged, now or at the first call.
        """
        if self._night is None:
            from harness import assembly

            assert self.plan is not None
            try:
                self._night = assembly.nightly(
                    self.plan,
                    results=self._results,
                    rig_file=self._rig_file,
                    wait_board_s=self._wait_s,
                )
            except HarnessError as error:
                self._night = error
        if isinstance(self._night, HarnessError):
            raise self._night
        return self._night

    def told(self) -> str:
        """The sections of the nightly as text; nothing where it was not measured."""
        if self._night is None or isinstance(self._night, HarnessError):
            return ""
        from harness.report.night import night_sections
        from harness.report.section_text import sections_text

        return sections_text(night_sections(self._night), WIDTH)


def session_of(config: pytest.Config) -> NightSession:
    """The session's nightly; nothing is read or measured yet.

    Raises:
        UsageError: workers of pytest-xdist would each measure all of it.
    """
    if option(config, "nightly") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(
            "--nightly measures its plan in one process\n"
            "  -> Leave out -n, and say `jobs = 2` in the plan."
        )
    results: str | None = config.getoption("--harness-results", None)
    return NightSession(results, option(config, "rig"), wait_board_s(config))


def items_of(session: pytest.Session, plan: Path, night: NightSession) -> list[pytest.Item]:
    """A test for each case of the plan.

    Raises:
        UsageError: the plan has faults, or means what cannot be.
    """
    from harness import assembly

    try:
        night.plan = assembly.read_nightly(plan)
        cases = assembly.cases_of_nightly(night.plan)
    except HarnessError as error:
        raise pytest.UsageError(f"{type(error).__name__}: {error}") from error
    file = _PlanFile.from_parent(session, path=plan.resolve())
    return [
        NightItem.from_parent(file, name=case.label.replace(" · ", "-"), case=case, night=night)
        for case in cases
    ]


class _PlanFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        """Nothing: a plan's tests are made by `items_of`."""
        return iter(())


class NightItem(pytest.Item):
    """A case: without a result an error, with a regression a failure, set aside skipped."""

    def __init__(self, *, case: Case, night: NightSession, **more: Any) -> None:
        super().__init__(**more)
        self._case = case
        self._night = night
        self._verdict: CaseVerdict | None = None

    def setup(self) -> None:
        """Measure the night if no test did yet, and find the case's verdict."""
        from harness.bench.night_before import case_name, key_name
        from harness.domain.verdict import Judgement
        from harness.report.junit import verdict_lines

        try:
            night = self._night.night()
        except HarnessError as error:
            pytest.fail(f"{type(error).__name__}: {error}", pytrace=False)
        mine = [one for one in night.verdicts if key_name(one.key) == case_name(self._case)]
        lines = [line for one in mine for line in verdict_lines(one)]
        self._verdict = mine[-1] if mine else None
        if self._verdict is None or self._verdict.judgement is Judgement.NO_RESULT:
            if any("BoardBroken" in line for line in lines):
                pytest.skip(lines[0])
            pytest.fail("\n".join(lines) or "the case was not judged", pytrace=False)
        if lines and self._verdict.judgement is not Judgement.REGRESSION:
            self.add_report_section("setup", "verdict", "\n".join(lines))

    def runtest(self) -> None:
        """Fail where the case got worse."""
        from harness.domain.verdict import Judgement
        from harness.report.junit import verdict_lines

        assert self._verdict is not None
        if self._verdict.judgement is Judgement.REGRESSION:
            pytest.fail("\n".join(verdict_lines(self._verdict)), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The plan, and the case's name."""
        return self.path, None, self.name
