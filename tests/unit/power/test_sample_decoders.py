"""Bytes to samples: values from the manuals, any chunking, any loss."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.domain.power import SampleFlag
from harness.power.powershield.ascii_stream import AsciiDecoder
from harness.power.powershield.binary_stream import BinaryDecoder
from harness.power.powershield.numbers import ascii_amperes, binary_amperes
from harness.power.ppk2.calibration import parse_metadata
from harness.power.ppk2.decoder import Ppk2Decoder
from harness.power.ppk2.spike_filter import SpikeFilter

IDEAL = "\n".join(
    f"{key}{n}: {value}"
    for n in range(5)
    for key, value in {"R": 10.0, "GS": 0, "GI": 1, "O": 0, "S": 0, "I": 0, "UG": 1}.items()
)


def word(adc: int, counter: int, number: int = 2, pins: int = 0) -> bytes:
    return struct.pack("<I", adc | number << 14 | (counter & 63) << 18 | pins << 24)


def ideal() -> Ppk2Decoder:
    return Ppk2Decoder(parse_metadata(IDEAL), 3.0)


def decoded(decoder: Ppk2Decoder, *pieces: bytes) -> tuple[np.ndarray, np.ndarray]:
    blocks = [decoder.feed(piece) for piece in pieces] + [decoder.feed(b"", last=True)]
    found = [block for block in blocks if block is not None]
    return (
        np.concatenate([block.current_a for block in found]),
        np.concatenate([block.flags for block in found]),
    )


@pytest.mark.parametrize(
    ("token", "amperes"),
    [(b"6409-07", 640.9e-6), (b"11958-09", 11.958e-6), (b"0042+00", 42.0), (b"1409-06", 1.409e-3)],
)
def test_numbers_of_the_manual_in_text(token: bytes, amperes: float) -> None:
    assert ascii_amperes(token) == pytest.approx(amperes, rel=1e-12)


@pytest.mark.parametrize("token", [b"640-07", b"123456-07", b"6409-7", b"6409 07", b"end", b""])
def test_what_is_no_number_is_none(token: bytes) -> None:
    assert ascii_amperes(token) is None


@pytest.mark.parametrize(("bits", "amperes"), [(0x52A0, 640.9e-6), (0x3145, 79.35e-3)])
def test_numbers_of_the_manual_in_binary(bits: int, amperes: float) -> None:
    assert binary_amperes()[bits] == pytest.approx(amperes, rel=2e-4)


def test_a_ppk2_word_has_its_fields_where_they_belong() -> None:
    """4 x 1000 steps of 1.8/163840 V over 10 ohm are 4.3945 mA."""
    decoder = ideal()
    block = decoder.feed(word(1000, 5, pins=0b1010_0001), last=True)
    assert block is not None
    assert block.logic is not None
    assert float(block.current_a[0]) == pytest.approx(4000 * 1.8 / 163840 / 10, rel=1e-6)
    assert block.logic.tolist() == [0b1010_0001]
    assert block.flags.tolist() == [0]


def test_the_calibration_has_all_its_terms() -> None:
    """By hand: x = (4*2000-100)*1.8/163840/5 = 0.0169189; I = 1.1*(x*(2x+0.9)+0.01*3.3+0.002)."""
    constants = {"R": 5, "GS": 2, "GI": 0.9, "O": 100, "S": 0.01, "I": 0.002, "UG": 1.1}
    text = "\n".join(f"{key}{n}: {value}" for key, value in constants.items() for n in range(5))
    decoder = Ppk2Decoder(parse_metadata(text), 3.3)
    block = decoder.feed(word(2000, 0), last=True)
    assert block is not None
    x = 7900 * 1.8 / 163840 / 5
    assert float(block.current_a[0]) == pytest.approx(1.1 * (2 * x * x + 0.9 * x + 0.035), rel=1e-6)


@pytest.mark.parametrize("number", [5, 6, 7])
def test_ranges_that_do_not_exist_have_no_value(number: int) -> None:
    values, flags = decoded(ideal(), word(1000, 0, number))
    assert np.isnan(values).all()
    assert flags[0] & SampleFlag.BAD_RANGE


def test_a_saturated_word_is_flagged() -> None:
    values, flags = decoded(ideal(), word(0x3FFF, 0))
    assert flags[0] == SampleFlag.OVERRANGE
    assert np.isfinite(values).all()


@given(st.binary(max_size=400), st.lists(st.integers(1, 60), max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_a_decoder(data: bytes, cuts: list[int]) -> None:
    for decoder in (ideal(), BinaryDecoder(100e3), AsciiDecoder(1e3)):
        rest = data
        for cut in cuts:
            decoder.feed(rest[:cut])
            rest = rest[cut:]
        decoder.feed(rest, last=True)


@given(
    st.lists(st.integers(0, 0x3FFE), min_size=80, max_size=300),
    st.lists(st.integers(1, 97), max_size=30),
)
@settings(max_examples=40, deadline=None)
def test_any_chunking_gives_the_same_samples(adc: list[int], cuts: list[int]) -> None:
    data = b"".join(word(value, n) for n, value in enumerate(adc))
    pieces, rest = [], data
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    values, flags = decoded(ideal(), *pieces, rest)
    expected = np.array(adc) * 4 * 1.8 / 163840 / 10
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-12)
    assert not flags.any()


@pytest.mark.parametrize(("lost", "seen"), [(1, 1), (63, 63), (64, 0), (100, 36), (128, 0)])
def test_the_counter_shows_a_loss_up_to_a_multiple_of_64(lost: int, seen: int) -> None:
    numbers = [*range(100), *range(100 + lost, 200 + lost)]
    values, flags = decoded(ideal(), b"".join(word(500, n) for n in numbers))
    assert int(np.isnan(values).sum()) == seen == int((flags & SampleFlag.LOST > 0).sum())
    assert len(values) == 200 + seen


@given(st.integers(20, 150), st.integers(1, 3), st.integers(1, 50))
@example(at=32, count=3, chunk=1)  # the word put together of two has the counter that is expected
@settings(max_examples=100, deadline=None)
def test_lost_bytes_cost_a_few_words_and_spoil_none(at: int, count: int, chunk: int) -> None:
    words = [word(500 + n, n) for n in range(200)]
    words[at] = words[at][count:]
    data = b"".join(words)
    decoder = ideal()
    pieces = [data[n : n + chunk] for n in range(0, len(data), chunk)]
    values, _ = decoded(decoder, *pieces)
    assert decoder.resyncs == 1
    assert len(values) == 200
    lost = set(np.flatnonzero(np.isnan(values)).tolist())
    assert at in lost
    assert lost <= {at - 1, at, at + 1}
    whole = np.array([500 + n for n in range(200)]) * 4 * 1.8 / 163840 / 10
    np.testing.assert_allclose(values[~np.isnan(values)], whole[~np.isnan(values)], rtol=1e-6)


def test_one_damaged_word_does_not_move_the_others() -> None:
    words = [word(500, n) for n in range(200)]
    words[70] = word(500, 9)
    values, _ = decoded(ideal(), b"".join(words))
    assert len(values) == 200
    assert np.flatnonzero(np.isnan(values)).tolist() == [70]


def filtered_one_by_one(current: list[float], ranges: list[int]) -> list[float]:
    """The filter as the study describes it, one sample after the other."""
    out: list[float] = []
    averages: list[float | None] = [None, None]
    previous, since = None, 3
    for value, number in zip(current, ranges, strict=True):
        since = 0 if previous is not None and number != previous else since + 1
        held = number == 4 and since < 2 and previous is not None and averages[0] is not None
        held = held and (since == 0 or len(out) > 1)
        if not held:
            for n, alpha in enumerate((0.18, 0.06)):
                old = averages[n]
                averages[n] = value if old is None else alpha * value + (1 - alpha) * old
        average = averages[1] if number == 4 else averages[0]
        assert average is not None
        out.append(average if since < 3 else value)
        previous = number
    return out


@given(
    st.lists(
        st.tuples(st.floats(0, 1, width=32), st.integers(2, 4), st.integers(1, 9)),
        min_size=1,
        max_size=60,
    ),
    st.lists(st.integers(1, 40), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_the_spike_filter_is_the_sequential_one(
    runs: list[tuple[float, int, int]], cuts: list[int]
) -> None:
    current = [value for value, _, length in runs for _ in range(length)]
    ranges = [number for _, number, length in runs for _ in range(length)]
    smooth = SpikeFilter()
    out, at = [], 0
    for cut in [*cuts, len(current)]:
        piece = slice(at, at + cut)
        values = np.array(current[piece], np.float32)
        flags = np.zeros(len(values), np.uint8)
        out.append(smooth(values, np.array(ranges[piece], np.uint8), flags))
        at += cut
    np.testing.assert_allclose(
        np.concatenate(out), filtered_one_by_one(current, ranges), rtol=1e-5, atol=1e-7
    )


def test_time_stamps_and_events_of_the_text_stream() -> None:
    lines = [b"6409-07"] * 1000
    text = b"\r\n".join(
        [*lines, b"", b"TimeStamp: 003s 007ms, buff 00%", *lines[:10], b"event 07 ris", b""]
    )
    block = AsciiDecoder(1e3).feed(text, last=True)
    assert block is not None
    assert len(block.current_a) == 1010
    assert [(edge.index, edge.number) for edge in block.edges] == [(1010, 7)]


def test_an_event_that_is_missing_is_a_fault() -> None:
    text = b"6409-07\r\nevent 00 ris\r\n6409-07\r\nevent 02 ris\r\n"
    block = AsciiDecoder(1e3).feed(text, last=True)
    assert block is not None
    assert "edge 2 came after edge 0" in block.faults[0].detail


def test_event_numbers_go_on_after_99() -> None:
    text = b"".join(b"6409-07\r\nevent %02d ris\r\n" % n for n in (98, 99, 0, 1))
    block = AsciiDecoder(1e3).feed(text, last=True)
    assert block is not None
    assert block.faults == ()


def test_energies_become_the_mean_current_of_their_period() -> None:
    """33 uJ in 1 ms at 3 V are 33 mW and 11 mA."""
    block = AsciiDecoder(1e3, joules_to_amperes=1e3 / 3.0).feed(b"3300-08\r\n", last=True)
    assert block is not None
    assert float(block.current_a[0]) == pytest.approx(11e-3, rel=1e-6)


@pytest.mark.parametrize("tail", [b"6409-0", b"64PowerShield > ack stop\r\n"])
def test_a_line_that_stop_cut_off_is_no_lost_sample(tail: bytes) -> None:
    decoder = AsciiDecoder(1e3)
    block = decoder.feed(b"6409-07\r\n6410-07\r\n" + tail, last=True)
    assert block is not None
    assert block.current_a == pytest.approx([640.9e-6, 641e-6])
