"""A nightly as JUnit XML: a regression is a failure, a case without a result an error."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from harness.domain.comparability import in_words
from harness.domain.nightly import Night, error_kind
from harness.domain.record import CaseRecord
from harness.domain.verdict import CaseVerdict, Judgement
from harness.errors import BoardBroken
from harness.report.night import night_title

# What XML 1.0 cannot hold, not even escaped (production [2], Char).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(night: Night) -> str:
    """A test suite with a test case for each case, named as pytest and CI servers read it.

    A case that was not tried because its board was set aside is skipped, as are those of the matrix
    that cannot be. Improvements and known steps are told in `system-out`.
    """
    records = {_name(record): record for record in night.records}
    suite = ET.Element("testsuite", name=night_title(night))
    for verdict in night.verdicts:
        key = verdict.key
        record = records.get((key.model, key.target, key.kernel_set, key.variant))
        suite.append(_test_case(verdict, record))
    for note in night.left_out:
        case = ET.SubElement(suite, "testcase", classname="left-out", name=_text(note), time="0")
        ET.SubElement(case, "skipped", message=_text(note))
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")
    suite.set("timestamp", night.run.started.isoformat(timespec="seconds"))
    suite.set("hostname", _text(night.run.host))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _test_case(verdict: CaseVerdict, record: CaseRecord | None) -> ET.Element:
    key = verdict.key
    seconds = (record.finished - record.started).total_seconds() if record else 0.0
    case = ET.Element(
        "testcase",
        classname=_text(f"{key.target}.{key.kernel_set}.{key.variant}"),
        name=_text(key.model),
        time=f"{seconds:.3f}",
    )
    lines = [_text(line) for line in verdict_lines(verdict)]
    message = lines[0] if lines else verdict.judgement.value
    if verdict.judgement is Judgement.REGRESSION:
        _add(case, "failure", message, "regression", lines)
    elif verdict.judgement is Judgement.NO_RESULT:
        kind = error_kind(record) if record else None
        if kind is BoardBroken:
            _add(case, "skipped", message, "BoardBroken", lines)
        else:
            told = [_text(record.error_message)] if record and record.error_message else []
            _add(case, "error", message, kind.__name__ if kind else "NoResult", [*lines, *told])
    elif lines:
        ET.SubElement(case, "system-out").text = "\n".join([verdict.judgement.value, *lines])
    return case


def _add(case: ET.Element, tag: str, message: str, kind: str, lines: list[str]) -> None:
    ET.SubElement(case, tag, message=message, type=kind).text = "\n".join(lines)


def verdict_lines(verdict: CaseVerdict) -> Iterator[str]:
    """What became of a case, a line for each thing that is told; none where nothing is."""
    for one in verdict.metrics:
        told = one.reason and one.judgement is Judgement.SAME  # bistable, not significant...
        if told or one.judgement not in (Judgement.SAME, Judgement.NEW):
            values = f"{_value(one.before)} -> {_value(one.after)} {one.unit}"
            change = "" if one.change is None else f" ({100 * one.change:+.2f} %)"
            why = f"; {one.reason}" if one.reason else ""
            yield f"{one.judgement.value}: {one.metric}: {values}{change}{why}"
    if verdict.reason:
        yield verdict.reason
    yield from (f"moved: {one}" for one in (*verdict.operators, *verdict.kernels))
    if verdict.changed:
        yield f"changed meanwhile: {in_words(verdict.changed)}"


def _value(value: float | None) -> str:
    return "no number" if value is None else f"{value:,.10g}"


def _name(record: CaseRecord) -> tuple[str, ...]:
    return (record.model, record.target_id, record.kernel_set, record.variant)


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
