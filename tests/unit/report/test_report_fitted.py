"""A table of sections keeps numbers and row names whole, however narrow the terminal is."""

from __future__ import annotations

import pytest

from harness.report.section import Section, TableView, number, words
from harness.report.section_text import sections_text

RUN = "289203eb of 2026-11-21 (4f873a6c)"
OTHER = "a23caec1 of 2026-11-21 (4f873a6c)"


def shown(
    columns: tuple[str, ...], numeric: tuple[bool, ...], rows: list[tuple[str, ...]], width: int
) -> list[str]:
    cells = tuple(
        tuple(
            number(1.0, text) if one else words(text)
            for text, one in zip(row, numeric, strict=True)
        )
        for row in rows
    )
    section = Section("title", tables=(TableView("caption", columns, numeric, cells),))
    return sections_text([section], width).splitlines()


def of_runs(width: int) -> list[str]:
    return shown(
        ("model", "target", "kernels", RUN, OTHER, "change"),
        (False, False, False, True, True, True),
        [("mlp-digits", "mps2-an386", "reference", "4,598,120", "4,598,160", "+0.00 %")],
        width,
    )


def test_long_headings_fold_before_the_names_of_rows_do() -> None:
    lines = of_runs(80)
    assert max(map(len, lines)) <= 80
    (row,) = (line for line in lines if "4,598,120" in line)
    assert row.split() == [
        *("mlp-digits", "mps2-an386", "reference"),
        *("4,598,120", "4,598,160", "+0.00", "%"),
    ]


@pytest.mark.parametrize("width", range(45, 160))
def test_no_number_and_no_name_is_ever_cut(width: int) -> None:
    lines = of_runs(width)
    assert max(map(len, lines)) <= width
    for text in ("4,598,120", "4,598,160", "+0.00 %"):
        (row,) = (line for line in lines if text in line)
        assert row.split()[:3] == ["mlp-digits", "mps2-an386", "reference"]


def test_what_fits_is_one_table_with_its_headings_in_one_line() -> None:
    (heading,) = (line for line in of_runs(160) if RUN in line)
    assert OTHER in heading


def test_an_empty_column_goes_where_room_is_short() -> None:
    columns, numeric = ("verdict", "case", "metric", "why"), (False,) * 4
    rows = [("no result", "lenet-digits · mps2-an386 · reference", "", "not measured this time")]
    assert any("metric" in line for line in shown(columns, numeric, rows, 100))
    lines = shown(columns, numeric, rows, 74)
    assert not any("metric" in line for line in lines)
    assert any(
        line.startswith("no result  lenet-digits · mps2-an386 · reference") for line in lines
    )


def test_a_word_longer_than_the_terminal_is_folded() -> None:
    lines = shown(("path",), (False,), [("x" * 100,)], 40)
    assert max(map(len, lines)) <= 40
    assert sum(line.count("x") for line in lines) == 100
