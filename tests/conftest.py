"""What all tests share: the folder of published data, and how much of it to use.

Environment variables:

HARNESS_TEST_DATA     the data folder; tests that need it are skipped when it is unset
HARNESS_REQUIRE_DATA  not empty: such a skip is a failure (continuous integration)
HARNESS_FULL_SETS     not empty: run whole data sets on every target (`tox -e accuracy`)
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

DATA = "HARNESS_TEST_DATA"
REQUIRE_DATA = "HARNESS_REQUIRE_DATA"
FULL_SETS = "HARNESS_FULL_SETS"

pytest_plugins = ["pytester"]

# A shell starts background jobs with SIGINT ignored, and every child inherits that: tests of Ctrl-C
# would then wait for what cannot come.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of published models, data sets and golden outputs."""
    named = os.environ.get(DATA)
    if not named:
        pytest.skip(f"{DATA} is not set")
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.fail(f"{DATA} names no folder: {named}", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def full_sets() -> bool:
    """Whether every target gets all inputs of a data set, not only the first ones."""
    return bool(os.environ.get(FULL_SETS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a data test that was skipped where the data is required."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(REQUIRE_DATA):
        wants_data = "test_data" in getattr(item, "fixturenames", ())
        if wants_data or DATA in str(report.longrepr):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, but {REQUIRE_DATA} is set:\n" + (
                report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            )
    return report
