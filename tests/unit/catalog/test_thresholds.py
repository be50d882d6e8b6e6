"""Thresholds files: what they say, and every fault of one at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness.catalog import DEFAULT_THRESHOLDS, read_constants, read_thresholds
from harness.domain.estimate import NetClass
from harness.domain.thresholds import Better, KnownStep
from harness.errors import BadDefinition

METRIC = '[metric.instructions]\nbetter = "lower"\nlimit = 0.5\nunit = "%"\n'


STEP = '[[known_step]]\nmetric = "instructions"\nby = "+1 %"\nreason = "x"\ncommit = "abcdef1"\n'


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "thresholds.toml"
    file.write_text(text, encoding="utf-8")
    return read_thresholds(file)


def test_the_shipped_limits_are_those_of_the_readme() -> None:
    limits = {
        one.metric: (one.better, one.limit, one.unit, one.noisy)
        for one in read_thresholds().metrics
    }
    lower, higher = Better.LOWER, Better.HIGHER
    assert limits == {
        "instructions": (lower, 0.5, "%", False),
        "cycles": (lower, 2, "%", True),
        "energy_per_inference": (lower, 2, "%", True),
        "accuracy": (higher, 0, "samples", False),
        "vectors_equal": (higher, 0, "samples", False),
        "flash": (lower, 1, "%", False),
        "ram": (lower, 1, "%", False),
        "arena": (lower, 1, "%", False),
    }
    (energy,) = [one for one in read_thresholds().metrics if one.metric == "energy_per_inference"]
    assert (energy.significance, energy.sigmas) == (0.01, 3)


def test_a_known_step(tmp_path: Path) -> None:
    step = (
        '[[known_step]]\nmetric = "instructions"\ncommit = "5f0c1d2e"\nby = "+3.5 %"\n'
        'reason = "rounds to even"\ntarget = "mps2-*"\nkernels = "cmsis-nn*"\n'
    )
    (found,) = read(tmp_path, METRIC + step).known_steps  # type: ignore[attr-defined]
    assert found == KnownStep(
        "instructions", 0.035, "rounds to even", "5f0c1d2e", target="mps2-*", kernels="cmsis-nn*"
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-17", datetime(2024, 5, 17, tzinfo=UTC)),
        ("2024-05-17T08:30:00", datetime(2024, 5, 17, 8, 30, tzinfo=UTC)),
        (
            "2024-05-17T08:30:00+02:00",
            datetime(2024, 5, 17, 8, 30, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_a_day_begins_at_midnight_of_utc(tmp_path: Path, text: str, moment: datetime) -> None:
    step = f'[[known_step]]\nmetric = "instructions"\ndate = {text}\nby = "-1 %"\nreason = "x"\n'
    (found,) = read(tmp_path, METRIC + step).known_steps  # type: ignore[attr-defined]
    assert (found.date, found.by) == (moment, -0.01)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "metric: missing"),
        ("[metric]\n", "metric: Dictionary should have at least 1 item"),
        (METRIC + "limits = 1\n", "metric.instructions.limits: unknown key"),
        (METRIC.replace("0.5", "-1"), "metric.instructions.limit: must be greater than or equal"),
        (METRIC.replace("0.5", "inf"), "metric.instructions.limit: must be a finite number"),
        (
            METRIC.replace("lower", "less"),
            "metric.instructions.better: must be 'lower' or 'higher'",
        ),
        (METRIC.replace('"%"', '"percent"'), "metric.instructions.unit: must be '%'"),
        ('may_change = ["model"]\n' + METRIC, "may_change.0: 'model' cannot differ; what can:"),
        (
            METRIC + STEP.replace('commit = "abcdef1"', ""),
            "known_step.0: needs either `commit` or `date`",
        ),
        (
            METRIC + STEP.replace("+1 %", "1"),
            'known_step.0.by: must be a change with its sign, such as "+3.5 %"',
        ),
        (
            METRIC + STEP.replace("abcdef1", "HEAD"),
            "known_step.0.commit: must be 7 to 40 hexadecimal digits",
        ),
        (
            METRIC + STEP.replace("instructions", "cycles"),
            "known_step: no threshold for cycles",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        read(tmp_path, text)
    assert fault in caught.value.what
    assert caught.value.where == str(tmp_path / "thresholds.toml")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadDefinition, match="2 faults:"):
        read(tmp_path, METRIC.replace("0.5", "-1").replace("lower", "less"))


def test_the_example_of_a_known_step_in_the_shipped_file_loads(tmp_path: Path) -> None:
    lines = DEFAULT_THRESHOLDS.read_text(encoding="utf-8").splitlines()
    begin = lines.index("# [[known_step]]")
    example = [line.removeprefix("# ") for line in lines[begin:]]
    text = "\n".join(lines[:begin] + example)
    (step,) = read(tmp_path, text).known_steps  # type: ignore[attr-defined]
    assert step.by == 0.035


def test_bands_are_those_that_were_found() -> None:
    bands = {(one.of, one.band) for one in read_constants()}
    cores = {"Cortex-M4": 0.2, "Cortex-M33": 0.2, "Cortex-M7": 0.15, "Cortex-M55": 0.3}
    assert bands == set(cores.items())
    assert len({(one.of, one.net) for one in read_constants()}) == 2 * len(cores)
    assert {one.net for one in read_constants()} == set(NetClass)
