"""Fixtures for energies: the meter of a session, and the energy of the case a test runs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import pytest

from harness.errors import BoardBroken, HarnessError
from harness.pytest_plugin.options import energy_asked, option
from harness.pytest_plugin.session import SESSION

if TYPE_CHECKING:
    from harness.domain.energy import EnergySummary
    from harness.domain.energy_asked import EnergyAsked
    from harness.domain.plan import Case

MARK = "power"
NO_METER = (
    "no energy was measured: no power meter (--power-meter ADDRESS, or `meter` in rig.toml; "
    "virtual:ppk2 for simulated boards)"
)


def register_mark(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", f"{MARK}: needs a power meter (-m 'not {MARK}' leaves out)")


@pytest.fixture(scope="session")
def power_meter(request: pytest.FixtureRequest) -> EnergyAsked:
    """What is asked of the power meter; skips where there is none, or after it was unplugged."""
    asked = energy_asked(request.config)
    if not asked.meter and not _desk_has_meters(request.config):
        _none(asked, NO_METER)
    return asked


@pytest.fixture
def measure_energy(
    request: pytest.FixtureRequest, harness_case: Case
) -> Callable[[], EnergySummary]:
    """Call it for the energy of the case: it fails with the reason where there is none.

    Without a meter, and after the meter was unplugged in an earlier test, the test is skipped.
    """
    session = request.config.stash[SESSION]
    asked = energy_asked(request.config)

    def measured() -> EnergySummary:
        from harness.domain.power import Invalid

        if session.meter_lost:
            pytest.skip(f"the power meter was lost in an earlier test: {session.meter_lost}")
        try:
            reading = session.energy(harness_case)
            reason = session.why_no_energy(harness_case)
        except BoardBroken as error:
            pytest.skip(_told(error))
        except HarnessError as error:
            pytest.fail(_told(error), pytrace=False)
        if reading is None:
            _none(asked, f"no energy: {reason}" if reason else NO_METER)
        if isinstance(reading, Invalid):
            pytest.fail(f"no energy: {reading}", pytrace=False)
        return reading

    return measured


def _none(asked: EnergyAsked, reason: str) -> NoReturn:
    """Skip, or fail where an energy is required."""
    if asked.required:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _desk_has_meters(config: pytest.Config) -> bool:
    from harness import assembly

    return any(board.meter for board in assembly.find_desk(option(config, "rig")).boards)


def _told(error: HarnessError) -> str:
    return f"{type(error).__name__}: {error}"
