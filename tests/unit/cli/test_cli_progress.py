"""What somebody sees while a run is under way, on a terminal and in a log."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from builders.records import case_record, failed_record
from rich.console import Console

from harness.bench.events import (
    CaseFinished,
    CaseStarted,
    Event,
    Flashing,
    InputsDone,
    Note,
    Stage,
    StageStarted,
)
from harness.cli.progress import HEARTBEAT_S, RunProgress, case_line
from harness.domain.firmware import BuildVariant, KernelSet
from harness.domain.plan import Case, ModelSource
from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit

CASE = Case(
    Target(
        id="mps2-an500",
        title="",
        fidelity=Fidelity.SIMULATED,
        core=Core("Cortex-M7", ()),
        port="",
        clock_hz=1,
        memory=Memory(*[Region(0, 16)] * 4),
        counter=CounterMeaning("", Unit.INSTRUCTIONS, 1),
        machine="",
        machine_options={},
        pyocd_target="",
        baud_rate=1,
    ),
    KernelSet("cmsis-nn", "", ()),
    BuildVariant("O2", "", ""),
    ModelSource("kws", None),  # type: ignore[arg-type]
)
LABEL = "kws · mps2-an500 · cmsis-nn"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(
    events: list[Event | Callable[[], None]],
    *,
    terminal: bool = False,
    quiet: bool = False,
    width: int = 100,
    clock: Clock | None = None,
) -> str:
    """Everything that was written for `events`."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, color_system=None)
    with RunProgress(console, quiet=quiet, clock=clock or Clock()) as progress:
        for event in events:
            if callable(event):
                event()
            else:
                progress(event)
                progress._bars.refresh()
    return file.getvalue()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


STEPS: list[Event | Callable[[], None]] = [
    CaseStarted(CASE, 2, 6),
    StageStarted(Stage.BUILD),
    Note("downloading CMSIS-NN"),
    Note("building firmware for mps2-an500 with cmsis-nn (O2)"),
    StageStarted(Stage.STREAM),
    InputsDone(0, 40),
    InputsDone(12, 40),
]


@pytest.mark.parametrize("width", [100, 140])
def test_a_terminal_shows_case_stage_and_inputs(width: int) -> None:
    text = plain(shown(STEPS, terminal=True, width=width))
    assert f"case 2 of 6: {LABEL}" in text
    assert "1/6 cases" in text
    assert "  downloading CMSIS-NN" in text
    assert "  building firmware for mps2-an500 with cmsis-nn" in text
    assert re.search(r"streaming inputs .* 12/40 inputs .*\d:\d\d:\d\d", text)


def test_a_terminal_keeps_only_how_cases_ended() -> None:
    steps = [*STEPS, CaseFinished(case_record())]
    lines = [line for line in plain(shown(steps, terminal=True)).splitlines() if line]
    assert sum("7,628,160 instructions, 1000 inputs, 41.5 s in all" in line for line in lines) == 1


def test_a_log_has_a_line_for_what_takes_long_and_for_each_case() -> None:
    steps = [*STEPS, CaseFinished(case_record())]
    assert shown(steps).splitlines() == [
        "  downloading CMSIS-NN",
        "  building firmware for mps2-an500 with cmsis-nn (O2)",
        f"+ {LABEL}: 7,628,160 instructions, 1000 inputs, 41.5 s in all",
    ]


def test_a_log_is_not_silent_for_long() -> None:
    clock = Clock()

    def later() -> None:
        clock.now += HEARTBEAT_S

    text = shown(
        [CaseStarted(CASE, 1, 1), InputsDone(0, 40), later, InputsDone(3, 40), InputsDone(4, 40)],
        clock=clock,
    )
    assert text == f"  {LABEL}: 3 of 40 inputs\n"


def test_a_terminal_shows_how_far_flashing_is() -> None:
    steps: list[Event | Callable[[], None]] = [
        CaseStarted(CASE, 1, 1),
        StageStarted(Stage.FLASH),
        Flashing("program", 0.25),
        Flashing("verify", 1.0),
    ]
    text = plain(shown(steps, terminal=True))
    assert re.search(r"flashing and verifying .* program 25%", text)
    assert re.search(r"flashing and verifying .* verify 100%", text)
    assert shown(steps) == ""


def test_a_log_is_not_silent_while_a_slow_probe_flashes() -> None:
    clock = Clock()

    def later() -> None:
        clock.now += HEARTBEAT_S

    steps: list[Event | Callable[[], None]] = [
        CaseStarted(CASE, 1, 1),
        Flashing("program", 0.25),
        later,
        Flashing("program", 0.5),
        Flashing("program", 0.75),
    ]
    assert shown(steps, clock=clock) == f"  {LABEL}: program 50%\n"


def test_a_log_is_not_folded() -> None:
    line = f"+ {LABEL}: 7,628,160 instructions, 1000 inputs, 41.5 s in all"
    steps: list[Event | Callable[[], None]] = [CaseStarted(CASE, 1, 1), CaseFinished(case_record())]
    assert shown(steps, width=40) == f"{line}\n"


def test_quiet_is_quiet() -> None:
    steps = [*STEPS, CaseFinished(case_record())]
    assert shown(steps, quiet=True) == ""
    assert plain(shown(steps, quiet=True, terminal=True)).strip() == ""


def test_brackets_in_a_message_are_no_markup() -> None:
    failed = failed_record(
        error_class="BadDataset", error_message="npy:x.npy[,labels.npy] [/red]\n  -> do it"
    )
    assert case_line("a [bold]name", failed).plain == (
        "x a [bold]name: BadDataset npy:x.npy[,labels.npy] [/red]"
    )
