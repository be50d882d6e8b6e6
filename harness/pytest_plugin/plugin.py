"""Hooks and fixtures: which tests are benchmarks, on what they run, and the table at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import ConfigError, HarnessError
from harness.pytest_plugin.options import add_options
from harness.pytest_plugin.result import BenchResult
from harness.pytest_plugin.session import HarnessSession

if TYPE_CHECKING:
    from harness.domain.plan import Case

CASE = "harness_case"
RESULT = "bench"
MARK = "harness"
NO_TARGET = "needs --target=ID (simulated boards need no hardware: `harness targets` lists them)"

_session = pytest.StashKey[HarnessSession]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--target` and what narrows it."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark and open the session's run."""
    config.addinivalue_line(
        "markers",
        "harness(model=, kernels=, dataset=, limit=, repeat=, warmup=): what a benchmark test "
        "runs; names or lists of names. Options on the command line win.",
    )
    config.stash[_session] = HarnessSession(config.getoption("--harness-results"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each benchmark test once per target, model, kernel set and build variant."""
    if CASE not in metafunc.fixturenames:
        return
    if not metafunc.config.getoption("--target"):
        return
    try:
        cases = _cases(metafunc)
    except HarnessError as error:
        raise pytest.UsageError(f"{type(error).__name__}: {error}") from error
    names = [case.label.replace(" · ", "-") for case in cases]
    metafunc.parametrize(CASE, cases, ids=names, indirect=True, scope="session")


def _cases(metafunc: pytest.Metafunc) -> list[Case]:
    # Imported here: a pytest run without --target must not pay for pyOCD and pandas.
    from harness import assembly

    option = metafunc.config.getoption
    mark = metafunc.definition.get_closest_marker(MARK)
    wanted = dict(mark.kwargs) if mark else {}
    unknown = set(wanted) - {"model", "kernels", "dataset", "limit", "repeat", "warmup"}
    if unknown or (mark and mark.args):
        raise ConfigError(
            f"the mark `{MARK}` takes model, kernels, dataset, limit, repeat and warmup by name",
            where=metafunc.definition.nodeid,
            hint=f"correct {', '.join(sorted(unknown)) or 'the positional argument'}",
        )
    return assembly.plan(
        targets=option("--target"),
        kernel_sets=option("--kernels") or _listed(wanted.get("kernels")),
        models=option("--model") or _listed(wanted.get("model")),
        builds=option("--build"),
        dataset=option("--dataset") or wanted.get("dataset"),
        limit=option("--limit") or wanted.get("limit"),
        repeat=option("--repeat") or wanted.get("repeat", 1),
        warmup=wanted.get("warmup", 1),
    )


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [str(value)] if not isinstance(value, list | tuple) else [str(item) for item in value]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--target` keep the benchmark tests only; without it skip them, with the reason."""
    benchmarks = [item for item in items if CASE in getattr(item, "fixturenames", ())]
    if config.getoption("--target"):
        others = [item for item in items if item not in benchmarks]
        config.hook.pytest_deselected(items=others)
        items[:] = benchmarks
    else:
        for item in benchmarks:
            item.add_marker(pytest.mark.skip(reason=NO_TARGET))


@pytest.fixture(scope="session")
def harness_case(request: pytest.FixtureRequest) -> Case:
    """The case a benchmark test runs on: target, kernel set, build variant, model, inputs."""
    case: Case = request.param
    return case


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest, harness_case: Case) -> BenchResult:
    """The finished case: accuracy, instructions or cycles, equality with the host reference.

    Runs on first use, once per case and session.
    """
    try:
        return BenchResult(request.config.stash[_session].result(harness_case))
    except HarnessError as error:
        pytest.fail(f"{type(error).__name__}: {error}", pytrace=False)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the comparison table of all cases that ran."""
    records = config.stash[_session].records
    if records:
        from harness.report import summary_text

        terminalreporter.section("benchmark results")
        width = terminalreporter._tw.fullwidth
        terminalreporter.write(summary_text(records, width=width))
