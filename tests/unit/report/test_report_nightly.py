"""A nightly's JUnit XML, summary and OpenMetrics: what they say, and what they escape."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from builders.nights import ODD, a_night
from builders.observations import board_record
from builders.records import case_record, failed_record

from harness.domain.nightly import Night, error_kind, worth_a_retry
from harness.errors import HarnessError
from harness.report.junit import junit_xml
from harness.report.night import night_sections, summary_markdown
from harness.report.openmetrics import openmetrics_text

NIGHT = a_night()
SHOWN = ODD.replace("\x1b", "\N{REPLACEMENT CHARACTER}")


def test_junit_tells_regressions_failures_and_what_was_skipped() -> None:
    suite = ET.fromstring(junit_xml(NIGHT).encode()).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "1", "skipped": "2"}
    assert suite.get("hostname") == NIGHT.run.host
    cases = {case.get("name"): case for case in suite}
    assert set(cases) == {SHOWN, "faster", "steady", "broken", "aside", "left out: x"}
    assert cases[SHOWN].get("classname") == "mps2-an500.cmsis-nn.O2"
    failure = cases[SHOWN].find("failure")
    assert failure is not None
    assert failure.get("message") == (
        "regression: instructions: 1,000,000 -> 1,100,000 instructions (+10.00 %)"
    )
    assert "moved: 0 CONV_2D (arm_convolve_s8): 900,000 -> 1,000,000 (+11.1 %)" in (
        failure.text or ""
    )
    error = cases["broken"].find("error")
    assert error is not None
    assert error.get("type") == "FlashFailed"
    assert "no <power>\N{REPLACEMENT CHARACTER}" in (error.text or "")
    assert cases["aside"].find("skipped") is not None
    assert list(cases["steady"]) == []
    assert (cases["faster"].findtext("system-out") or "").startswith("improvement\nimprovement: ")


def test_junit_and_the_summary_tell_what_is_bistable() -> None:
    (steady,) = [one for one in NIGHT.verdicts if one.key.model == "steady"]
    told = "bistable: earlier runs show 1,000,000, 1,050,000 by turns"
    metric = replace(steady.metrics[0], reason=told)
    night = replace(NIGHT, verdicts=(replace(steady, metrics=(metric,)),))
    case = ET.fromstring(junit_xml(night).encode()).find(".//testcase")
    assert case is not None
    assert case.find("failure") is None
    assert told in (case.findtext("system-out") or "")
    assert told in summary_markdown(night)


def test_times_are_those_of_the_cases() -> None:
    suite = ET.fromstring(junit_xml(NIGHT).encode()).find("testsuite")
    assert suite is not None
    seconds = [(r.finished - r.started).total_seconds() for r in NIGHT.records]
    assert float(suite.get("time", "")) == pytest.approx(sum(seconds), abs=0.01)


def test_the_summary_begins_with_the_verdict_and_has_the_rig_s_health() -> None:
    text = summary_markdown(NIGHT)
    assert text.startswith("# Nightly of 2024-05-17\n\n## Verdict: regression\n")
    assert "1 regression, 2 no result, 1 improvement, 1 same" in text
    assert "| mps2-an500 | 5 | 3 | 3 | 1 | BoardBroken |" in text
    assert 'odd &lt;"net"> & \\\\' in text
    assert "- left out: x" in text
    assert [section.title for section in night_sections(NIGHT)] == ["Verdict: regression", "Rig"]


SAMPLE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[\d.e+]+)')


def samples(night: Night) -> dict[str, list[str]]:
    """The lines of samples by family; every line must be what the format's grammar allows."""
    found: dict[str, list[str]] = {}
    lines = openmetrics_text(night).split("\n")
    assert lines[-2:] == ["# EOF", ""]
    family = ""
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert kind == "gauge"
            assert family not in found  # samples of one family stand together
            found[family] = []
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == family
            found[family].append(line)
    return found


def test_openmetrics_has_values_by_labels_and_names_simulated_counts_so() -> None:
    found = samples(NIGHT)
    instructions = found["cortexm_harness_simulated_instructions"]
    assert len(instructions) == 3
    assert instructions[1] == (
        'cortexm_harness_simulated_instructions{target="mps2-an500",kernels="cmsis-nn",'
        'build="O2",model="faster",fidelity="simulated"} 900000'
    )
    assert 'model="odd <\\"net\\"> & \\\\ \x1b"' in instructions[0]
    assert found["cortexm_harness_cycles"] == []
    assert 'cortexm_harness_cases{verdict="no result"} 2' in found["cortexm_harness_cases"]
    assert len(found["cortexm_harness_verdict"]) == 5
    assert len(found["cortexm_harness_flash_bytes"]) == 3


def test_cycles_are_those_of_silicon_only() -> None:
    night = replace(NIGHT, records=(board_record([870_000] * 3),), verdicts=())
    found = samples(night)
    (line,) = found["cortexm_harness_cycles"]
    assert line.endswith(" 870000")
    assert found["cortexm_harness_simulated_instructions"] == []


def test_nothing_measured_is_still_a_document() -> None:
    empty = replace(NIGHT, records=(), verdicts=(), retried=(), left_out=())
    assert samples(empty)["cortexm_harness_finished_timestamp_seconds"] == []
    assert 'tests="0"' in junit_xml(empty)


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        (["FlashFailed"], 4),
        (["LinkTimeout"], 4),
        (["FlashFailed", "CompileFailed"], 3),
        (["KernelRefused"], 6),
        (["CounterStuck", "FlashFailed"], 7),
    ],
)
def test_exit_codes_without_a_regression(errors: list[str], code: int) -> None:
    failed = [failed_record(error_class=name, error_message="x") for name in errors]
    night = replace(NIGHT, records=(case_record(), *failed), verdicts=())
    assert night.exit_code == code


def test_a_regression_is_1_whatever_else_failed() -> None:
    assert NIGHT.exit_code == 1


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("FlashFailed", True),
        ("LinkTimeout", True),
        ("CaseTimeout", True),
        ("BoardBroken", False),
        ("BoardNotFound", False),
        ("DeviceFault", False),
        ("CompileFailed", False),
    ],
)
def test_what_is_tried_again_is_the_rig_s(name: str, again: bool) -> None:
    assert worth_a_retry(failed_record(error_class=name, error_message="x")) is again


def test_an_error_of_another_harness_is_an_error() -> None:
    assert error_kind(failed_record(error_class="Unheard", error_message="x")) is HarnessError
