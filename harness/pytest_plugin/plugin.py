"""Hooks and fixtures: which tests are benchmarks, on what they run, and the table at the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import BoardBroken, ConfigError, HarnessError
from harness.pytest_plugin import boards, nightly, power, workers
from harness.pytest_plugin.options import PREFIX, add_options, energy_asked, option
from harness.pytest_plugin.result import BenchResult
from harness.pytest_plugin.session import SESSION, HarnessSession

if TYPE_CHECKING:
    from harness.domain.plan import Case

CASE = "harness_case"
MARK = "harness"
MARK_NAMES = ("model", "kernels", "build", "dataset", "limit", "repeat", "warmup")
NO_TARGET = (
    "needs --{option}=ID (simulated boards need no hardware: `harness targets` lists them){why}"
)

_workers_runs = pytest.StashKey[list[workers.Kept]]()
_night = pytest.StashKey[nightly.NightSession]()
_taken = pytest.StashKey[dict[str, str]]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser
) -> Generator[None, object, object]:
    """Add `--target` and what narrows it, last of all: only then is known what others have."""
    try:
        return (yield)
    finally:
        early_config.stash[_taken] = add_options(parser)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which options go by another name, because another plugin has them."""
    taken = config.stash.get(_taken, {})
    return [
        f"harness: --{name} belongs to another plugin ({group}); ours is --{PREFIX}{name}"
        for name, group in taken.items()
    ]


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, refuse unknown names, and open the session's run."""
    config.addinivalue_line(
        "markers",
        f"{MARK}({'=, '.join(MARK_NAMES)}=): what a benchmark test runs; names or lists of names. "
        "Options on the command line win.",
    )
    power.register_mark(config)
    config.stash[SESSION] = HarnessSession(
        config.getoption("--harness-results", None),
        option(config, "rig"),
        boards.wait_board_s(config),
        energy_asked(config),
    )
    config.stash[_workers_runs] = []
    config.stash[_night] = nightly.session_of(config)
    # A worker's names and boards are those that its controller has checked.
    if option(config, "target") and not workers.is_worker(config):
        try:
            boards.look_for_boards(config, (case.target for case in _plan(config, {})))
        except HarnessError as error:
            raise pytest.UsageError(_told(error)) from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each benchmark test once per target, model, kernel set and build variant."""
    config = metafunc.config
    if CASE not in metafunc.fixturenames or not option(config, "target"):
        return
    try:
        cases = _plan(config, _marked(metafunc.definition))
    except HarnessError as error:
        raise pytest.Collector.CollectError(_told(error)) from error
    names = [case.label.replace(" · ", "-") for case in cases]
    metafunc.parametrize(CASE, cases, ids=names, indirect=True, scope="session")


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What the marks of a test ask for; of two marks the closer one wins."""
    wanted: dict[str, Any] = {}
    for mark in item.iter_markers(MARK):
        unknown = ", ".join(sorted(set(mark.kwargs) - set(MARK_NAMES)))
        if unknown or mark.args:
            raise ConfigError(
                f"the mark `{MARK}` takes {', '.join(MARK_NAMES)}, all by name",
                where=item.nodeid,
                hint=f"Correct {unknown or repr(mark.args[0])}.",
            )
        wanted = {**mark.kwargs, **wanted}
    return wanted


def _plan(config: pytest.Config, wanted: dict[str, Any]) -> list[Case]:
    # Imported here: a pytest run without --target must not pay for numpy and pydantic.
    from harness import assembly

    return assembly.plan(
        targets=option(config, "target"),
        kernel_sets=option(config, "kernels") or _listed(wanted.get("kernels")),
        models=option(config, "model") or _listed(wanted.get("model")),
        builds=option(config, "build") or _listed(wanted.get("build")),
        dataset=option(config, "dataset") or wanted.get("dataset"),
        limit=option(config, "limit") or wanted.get("limit"),
        repeat=option(config, "repeat") or wanted.get("repeat", 1),
        warmup=wanted.get("warmup", 1),
    )


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [str(value)] if not isinstance(value, list | tuple) else [str(item) for item in value]


def _told(error: HarnessError) -> str:
    return f"{type(error).__name__}: {error}"


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """With `--target` keep the benchmark tests only; without it skip them, with the reason.

    With `--nightly` there are only the tests of its plan.
    """
    if plan := option(config, "nightly"):
        config.hook.pytest_deselected(items=list(items))
        items[:] = nightly.items_of(session, plan, config.stash[_night])
        return
    benchmarks = [item for item in items if CASE in getattr(item, "fixturenames", ())]
    if option(config, "target"):
        chosen = set(benchmarks)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = benchmarks
        boards.skip_where_missing(config, benchmarks)
    else:
        for item in benchmarks:
            item.add_marker(pytest.mark.skip(reason=_no_target(config)))


def _no_target(config: pytest.Config) -> str:
    owner = config.stash.get(_taken, {}).get("target")
    if owner is None:
        return NO_TARGET.format(option="target", why="")
    why = f"; --target belongs to another plugin ({owner})"
    return NO_TARGET.format(option=f"{PREFIX}target", why=why)


power_meter = power.power_meter
measure_energy = power.measure_energy


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
        return BenchResult(request.config.stash[SESSION].result(harness_case))
    except BoardBroken as error:  # what broke it failed the tests before
        pytest.skip(_told(error))
    except HarnessError as error:
        pytest.fail(_told(error), pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of pytest-xdist: say where its records are."""
    workers.tell_controller(session.config, session.config.stash[SESSION].kept)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist what its controller has checked."""
    boards.tell_worker(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep the tests of a case in one worker, where nothing else was asked for."""
    if option(config, "target") and config.getoption("dist") == "load":
        return workers.scheduler_by_case(config, log)
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Note where a worker of pytest-xdist kept its records."""
    if kept := workers.told_by(node):
        node.config.stash[_workers_runs].append(kept)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the comparison table of all cases that ran."""
    if text := config.stash[_night].told():
        terminalreporter.section("nightly")
        terminalreporter.write(text)
    own = config.stash[SESSION]
    runs = [*config.stash[_workers_runs], *([own.kept] if own.kept else [])]
    try:
        records = [*own.records, *workers.records_of(config.stash[_workers_runs])]
    except HarnessError as error:
        terminalreporter.write_line(_told(error), red=True)
        return
    if records:
        from harness.report import summary_text

        terminalreporter.section("benchmark results")
        width = terminalreporter._tw.fullwidth
        terminalreporter.write(summary_text(records, width=width))
        for results, run_id in runs:
            terminalreporter.write_line(f"kept as run {run_id[:8]} in {results}")
