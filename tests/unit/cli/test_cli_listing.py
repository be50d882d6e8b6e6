"""Tables of what there is: no word is cut, on a narrow terminal as in a file."""

import re

import pytest

from harness.cli.listing import show

LONG = [f"arm_depthwise_conv_s8_opt_get_buffer_size_{number} (scalar)" for number in range(3)]
ROWS = [{"operator": "CONV_2D", "calls": LONG, "reaches": LONG, "why": "a sentence of words"}]


def words(text: str) -> list[str]:
    return re.sub(r"\x1b\[[\d;]*m", "", text).split()


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_no_word_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", columns)
    show(ROWS, json=False)
    printed = words(capsys.readouterr().out)
    for word in ["CONV_2D", "sentence", *(item.split()[0] for item in LONG)]:
        assert word in printed
    assert printed.count("(scalar)") == 6


def test_a_list_has_a_line_for_each_item_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"operator": "CONV_2D", "calls": LONG}], json=False)
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[-2:] for line in lines] == [item.split() for item in LONG]
