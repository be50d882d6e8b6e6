"""What a report says, whatever it is written as."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import plotly.graph_objects
import pytest
from builders.records import STARTED, case_record, failed_record, run_info
from builders.report_contents import (
    comparison,
    full,
    history,
    profile,
    silicon,
    simulated,
    stack,
    trace,
)

from harness.domain.units import Fidelity
from harness.domain.verdict import Judgement
from harness.report.content import ClassCounts, Comparison, ReportContent
from harness.report.document import render_markdown
from harness.report.section import Section
from harness.report.sections import all_sections
from harness.report.sections.current import thinned
from harness.report.spreadsheet import render_csv


def content(**changes: object) -> ReportContent:
    bare = ReportContent(runs=(run_info(),), records=(case_record(),), made=STARTED)
    return replace(bare, **changes)  # type: ignore[arg-type]


def titles(sections: list[Section]) -> list[str]:
    return [section.title for section in sections]


def named(sections: list[Section], title: str) -> Section:
    (found,) = (section for section in sections if section.title == title)
    return found


def test_the_verdict_comes_first_and_names_what_moved() -> None:
    first, second, *_ = all_sections(full())
    assert first.title == "Verdict: regression"
    assert first.lead == "1 regression, 1 unchanged; compared with run 0badcafe of 2024-05-16."
    assert first.tables[0].rows[0][0].text == "regression"
    assert "0 CONV_2D (arm_convolve_s8): 1,000,000 -> 1,060,000 (+6.0 %)" in {
        cell.text for cell in first.tables[0].rows[0]
    }
    assert second.title == "Summary"


@pytest.mark.parametrize(
    ("judgement", "title"),
    [
        (Judgement.IMPROVEMENT, "Verdict: improvement"),
        (Judgement.NO_RESULT, "Verdict: no result"),
        (Judgement.SAME, "Verdict: no change"),
    ],
)
def test_each_outcome_has_its_words(judgement: Judgement, title: str) -> None:
    first, *_ = all_sections(content(comparison=comparison(judgement)))
    assert first.title == title
    assert bool(first.tables) is (judgement is not Judgement.SAME)


def test_without_a_comparison_the_cases_are_counted() -> None:
    first, *_ = all_sections(content(records=(case_record(), failed_record())))
    assert first.lead == (
        "1 of 2 cases ended well; 991 of 1,000 output vectors equal LiteRT's reference kernels "
        "byte for byte; numbers are simulated."
    )
    assert first.state == Judgement.NO_RESULT.value
    assert first.notes == (
        "failed: kws · mps2-an500 · cmsis-nn (O2): SimulatorDied: QEMU was killed by signal 9 "
        "-> run it again",
    )


def test_boards_and_simulators_never_share_a_table_or_a_chart_of_counts() -> None:
    sections = all_sections(full())
    boards, simulators = (
        named(sections, "Measured on boards"),
        named(sections, "Counted on simulators"),
    )
    assert "instructions" not in boards.tables[0].columns
    assert "cycles" not in simulators.tables[0].columns
    assert "ms" not in simulators.tables[0].columns
    drawn = {section.title: section.fidelity for section in sections if section.figures}
    assert drawn["Latency by model"] is Fidelity.SILICON
    assert drawn["Instructions by model"] is Fidelity.SIMULATED
    assert [s.fidelity for s in sections if s.title == "History"] == [
        Fidelity.SILICON,
        Fidelity.SIMULATED,
    ]
    targets = {
        target
        for figure in named(sections, "Latency by model").figures
        for one in figure.data
        for target in one["y"]
    }
    assert targets == {"openmv-h7"}


def test_bars_are_milliseconds_with_their_spread() -> None:
    (figure,) = named(all_sections(content(records=(silicon(),))), "Latency by model").figures
    (bar,) = figure.data
    assert bar["x"] == [pytest.approx(10.0)]
    assert bar["error_x"]["array"] == [pytest.approx(0.2)]
    assert bar["error_x"]["arrayminus"] == [pytest.approx(0.01)]


def test_the_area_of_a_bubble_is_the_size_of_the_weights() -> None:
    small, large = 10_000, 90_000
    records = (
        case_record(model="small", weight_bytes=small),
        case_record(model="large", weight_bytes=large),
        case_record(model="large", weight_bytes=large, kernel_set="reference"),
    )
    (figure,) = named(all_sections(content(records=records)), "Accuracy against operations").figures
    sizes = {one["name"]: one["marker"]["size"] for one in figure.data}
    assert sizes["large"][0] ** 2 / sizes["small"][0] ** 2 == pytest.approx(large / small)
    assert len(sizes["large"]) == 1


def test_accuracy_is_shown_with_its_interval() -> None:
    table = named(all_sections(content()), "Counted on simulators").tables[0]
    shown = dict(zip(table.columns, table.rows[0], strict=True))
    assert (shown["accuracy"].text, shown["accuracy"].order) == ("90.1 %", 0.901)
    assert shown["accuracy 95 % interval"].text == "[88.1..91.8]"


def test_a_dash_says_why() -> None:
    sections = all_sections(content(records=(silicon(joules=None), *simulated(1))))
    cells = [cell for row in named(sections, "Derived figures").tables[0].rows for cell in row]
    assert {cell.reason for cell in cells if cell.text == "-"} == {
        "no power meter",
        "no duty cycle, battery and sleep current were given",
        "a simulator counts instructions: neither time nor energy follows from them",
    }


def test_only_simulators_still_show_the_formulas() -> None:
    section = named(all_sections(content()), "Derived figures")
    assert section.tables == ()
    assert "frames per second = clock in Hz / cycles per inference" in section.notes


def test_what_is_not_there_has_no_section() -> None:
    absent = {"Current", "Memory", "Confusion", "History", "Instructions by operator"}
    assert not absent & set(titles(all_sections(content())))
    assert absent <= set(titles(all_sections(full())))


def test_nothing_at_all_is_still_a_report() -> None:
    assert "there is nothing to show" in render_markdown(content(records=(), runs=()))


def test_every_figure_is_one_that_plotly_accepts() -> None:
    figures = [figure for section in all_sections(full()) for figure in section.figures]
    assert len(figures) == 14
    for figure in figures:
        plotly.graph_objects.Figure({"data": figure.data, "layout": figure.layout})


def test_a_stack_sums_to_what_its_operators_count() -> None:
    one = profile()
    section = named(all_sections(content(stacks=(stack(one),))), "Instructions by operator")
    assert sum(sum(piece["x"]) for piece in section.figures[0].data) == one.total
    legend = [piece["name"] for piece in section.figures[0].data if piece["showlegend"]]
    assert legend == ["CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED"]


def test_the_map_holds_every_tenant_of_the_arena_at_its_place() -> None:
    one = profile()
    figure = named(all_sections(content(profiles=(one,))), "Memory").figures[0]
    boxes = {
        (x - width / 2 + 0.5, x + width / 2 - 0.5, base, y)
        for part in figure.data
        for x, width, base, y in zip(part["x"], part["width"], part["base"], part["y"], strict=True)
    }
    assert boxes == {(t.first, t.last, t.offset, t.nbytes) for t in one.arena}


def test_a_change_point_is_marked_and_told() -> None:
    section = next(s for s in all_sections(full()) if s.title == "History" and s.notes)
    assert section.notes == (
        "kws · openmv-h7 · cmsis-nn: cycles 4,800,040 -> 5,088,080 from 00000014",
    )
    assert [trace["name"] for trace in section.figures[0].data] == [
        "kws · openmv-h7 · cmsis-nn",
        "new level",
    ]


def test_a_bistable_line_is_told_and_has_no_change_points() -> None:
    line = history()[0]
    bistable = replace(line, levels=(7_600_000.0, 7_700_000.0), changes=())
    section = named(all_sections(content(history=(bistable,))), "History")
    assert section.notes == (
        f"{line.case}: {line.quantity} is bistable: 7,600,000 and 7,700,000 by turns",
    )
    assert [trace["name"] for trace in section.figures[0].data] == [line.case]


def test_confusion_counts_right_answers_on_the_diagonal() -> None:
    counts = ClassCounts("a case", ((8, 2), (1, 9)))
    (figure,) = named(all_sections(content(confusions=(counts,))), "Confusion").figures
    assert figure.summary == "17 of 20 inputs right, 2 classes"
    assert figure.data[0]["z"] == [[0.8, 0.2], [0.1, 0.9]]


def test_thinning_a_trace_keeps_its_peaks_and_order() -> None:
    x = tuple(float(n) for n in range(10_000))
    y = tuple(5.0 if n == 1234 else -3.0 if n == 7777 else 0.0 for n in range(10_000))
    thin_x, thin_y = thinned(x, y, 100)
    assert len(thin_x) <= 100
    assert thin_x == tuple(sorted(thin_x))
    assert {(1234.0, 5.0), (7777.0, -3.0)} <= set(zip(thin_x, thin_y, strict=True))
    assert thinned(x[:50], y[:50], 100) == (x[:50], y[:50])


def test_a_trace_shades_its_window() -> None:
    (figure,) = named(all_sections(content(traces=(trace(),))), "Current").figures
    (shade,) = figure.layout["shapes"]
    assert (shade["x0"], shade["x1"]) == (300, 700)


def test_provenance_names_runs_builds_and_instruments() -> None:
    section = named(all_sections(full()), "Provenance")
    assert section.folded
    text = {cell.text for table in section.tables for row in table.rows for cell in row}
    assert {run_info().id, case_record().build_id, case_record().model_sha256} <= text
    assert {"systick-icount", "dwt-cyccnt", "harness run --target mps2-an500"} <= text


def test_markdown_keeps_names_as_they_are_written() -> None:
    nasty = "<script>alert(1)</script> | `x` _y_"
    text = render_markdown(content(records=(case_record(model=nasty),)))
    assert "<script" not in text
    assert "&lt;script>alert(1)&lt;/script> \\| \\`x\\` \\_y\\_" in text
    for table in re.findall(r"(?m)(?:^\|.*\n)+", text):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_csv_has_a_row_for_each_case_with_intervals_and_figures() -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(full()))))
    assert len(rows) == len(full().records)
    board = next(row for row in rows if row["target_id"] == "openmv-h7")
    assert float(board["frames_per_second"]) == pytest.approx(100)
    assert float(board["accuracy_low_95"]) == pytest.approx(0.88, abs=5e-3)
    assert rows[0]["frames_per_second"] == ""
    assert rows[0]["frames_per_second_reason"].startswith("a simulator counts instructions")


def test_a_rig_failure_is_not_called_a_regression() -> None:
    only = Comparison("x", comparison(Judgement.NO_RESULT).verdicts)
    first, *_ = all_sections(content(comparison=only))
    assert "regression" not in first.title + first.lead
