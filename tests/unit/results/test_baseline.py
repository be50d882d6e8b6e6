"""Baseline files: what is written comes back, and a file that is none is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders.observations import on_board, seen
from builders.records import KERNELS, accuracy, counted, failed_record, readings
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.thresholds import read_thresholds
from harness.domain.observation import OperatorCount
from harness.domain.verdict import Judgement
from harness.errors import BadDefinition, ConfigError, StoreError
from harness.results.baseline import baseline_text, read_baseline, write_baseline
from harness.results.comparability import observe
from harness.results.regression import judge_runs

PROFILE = (
    OperatorCount(0, "CONV_2D", ("arm_convolve_wrapper_s8",), 1_092_640.0),
    OperatorCount(1, "SOFTMAX", ("arm_nn_softmax_common_s8", "arm_softmax_s8"), 1_440.0),
)
CASES = (
    seen(1_673_920, operators=PROFILE),
    seen(104_920.5, model="mlp", operator_kernels=KERNELS),
    on_board([1000, 1001, 1003]),
)


def test_what_is_written_is_judged_the_same(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "base.json"
    write_baseline(file, CASES)
    back = read_baseline(file)
    assert [one.key for one in back] == [one.key for one in CASES]
    assert [one.operators for one in back] == [one.operators for one in CASES]
    assert back[0].source == "base.json of 2024-05-17"
    assert back[0].git_commit == CASES[0].git_commit
    verdicts = judge_runs(back, CASES, read_thresholds())
    assert {one.judgement for one in verdicts} == {Judgement.SAME}
    assert all(len(one.metrics) > 3 for one in verdicts)
    assert list(tmp_path.glob("deep/*")) == [file]


def test_a_tick_of_the_counter_is_no_regression_beside_a_baseline(tmp_path: Path) -> None:
    write_baseline(tmp_path / "base.json", [seen(1_320)])
    (verdict,) = judge_runs(read_baseline(tmp_path / "base.json"), [seen(1_360)], read_thresholds())
    assert verdict.judgement is Judgement.SAME


@given(value=st.floats(0, 1e15), hits=st.integers(0, 977), flash=st.integers(0, 2**40))
def test_numbers_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, value: float, hits: int, flash: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "numbers.json"
    numbers = readings(counted(value), accuracy(hits / 977, 977))
    write_baseline(file, [seen(readings=numbers, firmware_flash_bytes=flash)])
    metrics = read_baseline(file)[0].metrics
    assert metrics["instructions"].value == value  # type: ignore[union-attr]
    assert metrics["accuracy"].value == hits / 977  # type: ignore[union-attr]
    assert metrics["flash"].value == flash  # type: ignore[union-attr]


def test_a_baseline_is_small_and_can_be_read() -> None:
    text = baseline_text([seen(), seen(model="vww"), seen(model="ic")])
    assert len(text.splitlines()) < 75
    assert max(map(len, text.splitlines())) <= 100
    assert '        "accuracy": { "hits": 901, "n": 1000 },' in text.splitlines()
    assert json.loads(text)["common"]["flags"] == "-O2 -mcpu=cortex-m7"


def test_names_with_line_breaks_and_brackets_survive() -> None:
    flags = '-DX="a\n  {b}" -DY=[1]   end'
    text = baseline_text([seen(flags=flags)])
    assert json.loads(text)["common"]["flags"] == flags


def test_a_failed_case_makes_no_baseline() -> None:
    with pytest.raises(ConfigError) as caught:
        baseline_text([seen(), observe(failed_record())])
    assert str(caught.value) == (
        "no baseline is written: these cases failed: kws · mps2-an500 · cmsis-nn\n"
        "  -> Name a run in which every case ended well."
    )
    with pytest.raises(ConfigError, match="no baseline is written: there are no cases"):
        baseline_text([])


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="the baseline cannot be written") as caught:
        write_baseline(tmp_path / "taken" / "base.json", [seen()])
    assert caught.value.hint == "Name a file in a folder that can be written."


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"schema": 2}', "\x00", '{"schema": 1, "measured": "2024-01-01"}'],
)
def test_what_is_no_baseline(tmp_path: Path, text: str) -> None:
    file = tmp_path / "base.json"
    file.write_text(text)
    with pytest.raises(BadDefinition, match="this is no baseline") as caught:
        read_baseline(file)
    assert caught.value.where == str(file)
    assert caught.value.hint == "Write it anew with `harness baseline write`."


@pytest.mark.parametrize("name", ["measured", "common", "cases", "git_commit"])
def test_a_baseline_that_lacks_something(tmp_path: Path, name: str) -> None:
    content = json.loads(baseline_text([seen()]))
    del content[name]
    file = tmp_path / "base.json"
    file.write_text(json.dumps(content))
    with pytest.raises(BadDefinition, match="this is no baseline"):
        read_baseline(file)


def test_a_baseline_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadDefinition, match="the baseline cannot be read: No such file"):
        read_baseline(tmp_path / "none.json")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["schema", "cases", "common", "measured", "metrics", "key"]),
                x,
                max_size=4,
            )
        ),
    )
)
def test_any_json_is_refused_politely(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(json.dumps(content))
    with pytest.raises(BadDefinition):
        read_baseline(file)
