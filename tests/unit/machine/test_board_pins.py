"""What a simulated board tells of its pins becomes seconds of its own, never backwards."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from devices import h743_firmware
from devices.mps2_firmware import target
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog import target as shipped
from harness.errors import BadDefinition, ConfigError, SimulatorDied
from harness.machine import start_machine, virtual_h743
from harness.machine._board_pins import REST_S, TAIL_S, BoardPins, Told
from harness.machine._pin_listener import MARK, listening

HZ = 25_000_000
MS = HZ // 1000


@dataclass
class Heard:
    """A feed that keeps what it is told, and holds it to its promises."""

    gate: list[float] = field(default_factory=list)
    operators: list[float] = field(default_factory=list)
    known_s: float = 0.0

    def edge(self, at_s: float, *, operator_pin: bool = False) -> None:
        self.advance(at_s)
        (self.operators if operator_pin else self.gate).append(at_s)

    def advance(self, to_s: float) -> None:
        assert to_s >= self.known_s, "never backwards"
        self.known_s = to_s

    def known_until_s(self) -> float:
        return self.known_s


def board(*told: tuple[Told, int], heard: Heard | None = None) -> Heard:
    heard = heard or Heard()
    pins = BoardPins(heard)
    for what, ticks in told:
        pins.told(what, ticks, HZ)
    return heard


def test_it_begins_with_idle() -> None:
    assert board().known_s == TAIL_S


def test_a_window_lasts_as_long_as_the_board_says() -> None:
    heard = board(
        (Told.GATE_HIGH, 1000), (Told.GATE_LOW, 1000 + 30 * MS), (Told.ASLEEP, 1000 + 31 * MS)
    )
    assert heard.gate == pytest.approx([REST_S, REST_S + 0.03])
    assert heard.known_s == pytest.approx(REST_S + 0.031 + TAIL_S)


def test_a_rest_is_as_long_as_any_other_however_long_it_was() -> None:
    """The board slept while its host thought for 100 s, and then raised its gate."""
    heard = board(
        (Told.GATE_HIGH, 0),
        (Told.GATE_LOW, MS),
        (Told.ASLEEP, 2 * MS),
        (Told.GATE_HIGH, 100_007 * MS),
    )
    assert heard.gate[2] == pytest.approx(REST_S + 0.002 + REST_S)


def test_a_level_that_is_told_twice_is_no_edge() -> None:
    heard = board(
        (Told.GATE_LOW, 0), (Told.GATE_LOW, 5), (Told.GATE_HIGH, MS), (Told.GATE_HIGH, 2 * MS)
    )
    assert heard.gate == pytest.approx([REST_S + 0.001])
    assert heard.known_s == pytest.approx(REST_S + 0.002)


def test_the_operator_pin_is_another() -> None:
    heard = board((Told.OPERATOR_HIGH, 0), (Told.GATE_HIGH, MS), (Told.OPERATOR_LOW, 2 * MS))
    assert heard.operators == pytest.approx([REST_S, REST_S + 0.002])
    assert heard.gate == pytest.approx([REST_S + 0.001])


def test_a_counter_of_32_bits_may_wrap() -> None:
    heard = board((Told.GATE_HIGH, 2**32 - MS), (Told.GATE_LOW, 2 * MS))
    assert heard.gate[1] - heard.gate[0] == pytest.approx(0.003)


@pytest.mark.parametrize("ending", [Told.STARTED, None])
def test_a_board_that_is_reset_or_ends_has_low_pins(ending: Told | None) -> None:
    heard = Heard()
    pins = BoardPins(heard)
    for what in (Told.GATE_HIGH, Told.OPERATOR_HIGH):
        pins.told(what, 0, HZ)
    if ending is None:
        pins.stopped()
    else:
        pins.told(ending, 0, HZ)
    assert (len(heard.gate), len(heard.operators)) == (2, 2)
    # The next one begins where this one ended.
    again = board((Told.GATE_HIGH, 77), heard=heard)
    assert again.gate[2] > again.gate[1] + TAIL_S


@given(st.lists(st.tuples(st.sampled_from(Told), st.integers(0, 2**32 - 1))))
def test_time_never_goes_back(told: list[tuple[Told, int]]) -> None:
    heard = board(*told)
    assert heard.gate == sorted(heard.gate)
    assert heard.operators == sorted(heard.operators)


def record(what: int, ticks: int, hz: int = HZ) -> bytes:
    return struct.pack("<III", 0x47415400 + what, ticks, hz)


@pytest.mark.parametrize("size", [1, 5, 12, 100])
def test_records_may_come_in_pieces(size: int) -> None:
    heard = Heard()
    data = record(5, 0) + record(1, MS) + record(0, 3 * MS) + record(4, 4 * MS)
    with listening(heard) as pins:
        assert pins.number is not None
        for at in range(0, len(data), size):
            os.write(pins.number, data[at : at + size])
    pins.check()
    assert heard.gate[1] - heard.gate[0] == pytest.approx(0.002)


@pytest.mark.parametrize(
    "damaged", [record(6, 1), record(1, 1, hz=0), b"\0" + record(1, 1), b"no record " * 12]
)
def test_what_is_no_record_is_told(damaged: bytes) -> None:
    with listening(Heard()) as pins:
        assert pins.number is not None
        os.write(pins.number, damaged)
    with pytest.raises(SimulatorDied, match="the record of the board's pins is damaged") as caught:
        pins.check()
    assert caught.value.hint == "Flash firmware that this harness built."


def test_without_a_feed_there_is_nothing_to_inherit() -> None:
    with listening(None) as pins:
        assert (pins.number, pins.inherit) == (None, ())
        pins.handed_over()
        pins.check()


def test_the_mark_is_the_one_of_the_firmware() -> None:
    header = Path(__file__).parents[3] / "firmware/ports/common/cmsdk_gate.h"
    text = header.read_text()
    assert f"#define GATE_RECORD {MARK:#010X}u".replace("0X", "0x") in text
    words = ", ".join(told.name for told in Told)
    assert f"enum told {{ {words} }};" in text


@pytest.mark.parametrize("machine", ["renode", "board"])
def test_a_machine_without_pins_refuses_a_feed(machine: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"machine '{machine}' has no pins") as caught:
        start_machine(target(machine=machine), tmp_path, gate=Heard())
    assert caught.value.hint == "Take a real meter, or a target in QEMU (`harness targets`)."


def test_a_chip_whose_firmware_has_no_gate_refuses_a_feed(tmp_path: Path) -> None:
    starting = virtual_h743.start(h743_firmware.target(), work_dir=tmp_path, gate=Heard())
    with pytest.raises(BadDefinition, match="its firmware has no gate pin"), starting:
        pass


def test_edges_without_a_counter_have_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("unicorn")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    starting = virtual_h743.start(shipped("openmv-h7-virtual"), work_dir=tmp_path, gate=Heard())
    with pytest.raises(ConfigError, match="its edges have no time: ") as caught, starting:
        pass
    assert caught.value.hint == "Install a C compiler (apt-get install gcc libc6-dev)."
