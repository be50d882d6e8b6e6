"""What is kept beside a recording comes back as it was, and damage to it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.metering import BoardWindow, BoardWindows
from harness.domain.power_analysis import Analysis
from harness.errors import CorruptRecord
from harness.results.power_facts import asked_arrays, asked_of, board_arrays, board_of
from harness.results.raw_folder import RawFolder

SECONDS = st.floats(0, 1e9)
COUNTS = st.integers(1, 2**40)
SPANS = st.tuples(SECONDS, SECONDS)
WINDOWS = st.builds(BoardWindow, st.none() | SECONDS, COUNTS, SPANS, st.none() | SPANS)
NAMES = st.none() | st.text("abcdefgh-", min_size=1)
BOARDS = st.builds(
    BoardWindows,
    COUNTS,
    st.lists(WINDOWS, max_size=4).map(tuple),
    st.integers(0, 9),
    SECONDS,
    NAMES,
    st.booleans(),
)
ANALYSES = st.builds(
    Analysis,
    windows=st.none() | COUNTS,
    discard=st.none() | st.integers(0, 9),
    inferences=st.none() | COUNTS,
    board_s=st.none() | SECONDS,
    least_window_s=st.none() | SECONDS,
    floor_a=st.none() | SECONDS,
    alignment=st.sampled_from(["", "gate", "step"]),
    gate_bit=st.none() | st.integers(0, 7),
    baseline=st.none() | st.tuples(st.text(), SECONDS, SECONDS),
)


@given(BOARDS)
def test_what_a_board_told_comes_back(board: BoardWindows) -> None:
    assert board_of(board_arrays(board), "here") == board


@given(ANALYSES)
def test_what_was_asked_comes_back(asked: Analysis) -> None:
    assert asked_of(asked_arrays(asked), "here") == asked


def test_both_pass_through_the_store(tmp_path: Path) -> None:
    board = BoardWindows(20, (BoardWindow(None, 20, (1.5, 2.5), (0.25, 1.25)),), 0, 0.5, "idle")
    asked = Analysis(baseline=("idle", 0.0, 0.4))
    raw = RawFolder(tmp_path)
    kept = raw.put("power-board", board_arrays(board)), raw.put("power-asked", asked_arrays(asked))
    assert board_of(raw.get(kept[0]), "here") == board
    assert asked_of(raw.get(kept[1]), "here") == asked


@pytest.mark.parametrize(
    "damage",
    [{"host_s": np.ones((2, 2))}, {"device_s": np.ones((1, 3))}, {"inferences": np.ones(2)}],
)
def test_a_board_that_does_not_decode(damage: dict[str, np.ndarray]) -> None:
    board = BoardWindows(20, (BoardWindow(1.0, 20, (1.5, 2.5)),), 0, 0.5)
    with pytest.raises(CorruptRecord) as raised:
        board_of({**board_arrays(board), **damage}, "3f2a")
    assert raised.value.what.startswith("what is kept beside a recording does not decode (")
    assert raised.value.where == "3f2a"
    assert raised.value.hint == "Restore it from a copy, or measure again."


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"baseline": [1]}', b'{"x": 1}'])
def test_an_analysis_that_does_not_decode(text: bytes) -> None:
    with pytest.raises(CorruptRecord, match="does not decode"):
        asked_of({"asked": np.frombuffer(text, np.uint8)}, "3f2a")


def test_what_is_not_said_is_as_it_was() -> None:
    before = Analysis(windows=3, inferences=20, alignment="gate", floor_a=1e-3)
    said = Analysis(windows=2, discard=0, floor_a=0.0, baseline=("idle", 0.0, 1.0))
    assert said.over(before) == Analysis(
        windows=2,
        discard=0,
        inferences=20,
        alignment="gate",
        floor_a=0.0,
        baseline=("idle", 0.0, 1.0),
    )
