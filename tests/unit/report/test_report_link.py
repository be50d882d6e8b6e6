"""What went wrong on the link is said below the table, and nothing where nothing did."""

from __future__ import annotations

from builders.records import case_record

from harness.report.footer import footer_lines


def told(**facts: object) -> list[str]:
    lines = footer_lines([case_record(**facts)])
    return [line for line in lines if line.startswith("link: ")]


def test_nothing_is_said_of_a_quiet_link() -> None:
    assert told() == told(frames_repeated=0) == []


def test_repeats_and_incidents_are_told_with_their_case() -> None:
    record = case_record()
    (line,) = told(frames_repeated=1234, incidents="input 7 repeated: the device had been reset")
    assert line == (
        f"link: {record.model} · {record.target_id} · {record.kernel_set} ({record.variant}): "
        "1,234 frames repeated; input 7 repeated: the device had been reset; no input is lost or "
        "counted twice"
    )
