"""The proposed `rig.toml`: what is certain is written, what is not is a comment."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.catalog import propose, targets, write_new
from harness.catalog.rig import read_rig
from harness.domain.desk import DeskBoard, SeenPort, SeenProbe, Sighting, UsbSerial
from harness.errors import ConfigError

TARGETS = {name: target for name, target in targets().items() if target.fidelity == "silicon"}
ST_LINK = SeenProbe("0670FF", "STLINK-V3", "")
OWN_PORT = SeenPort("/dev/ttyACM0", "0670FF", 2, "STLINK-V3 VCP")
ADAPTER = SeenPort("/dev/ttyUSB0", "A50285BI", None, "FT232R")


def boards(seen: Sighting, tmp_path: Path) -> tuple[DeskBoard, ...]:
    (tmp_path / "rig.toml").write_text(propose(seen, targets()))
    return read_rig(tmp_path / "rig.toml", targets())


def test_a_port_with_the_probe_s_number_is_its_own(tmp_path: Path) -> None:
    seen = Sighting((ST_LINK,), (ADAPTER, OWN_PORT), {OWN_PORT.device: "nucleo-h743zi"})
    assert boards(seen, tmp_path) == (DeskBoard("nucleo-h743zi", "0670FF", UsbSerial("0670FF", 2)),)


def test_one_probe_and_one_port_belong_together_with_a_doubt(tmp_path: Path) -> None:
    (alone,) = (name for name, target in TARGETS.items() if target.port == "stm32f7")
    probe = SeenProbe("CMSIS1", "DAPLink", TARGETS[alone].pyocd_target)
    seen = Sighting((probe,), (ADAPTER, SeenPort("/dev/ttyS0")))
    assert boards(seen, tmp_path) == (DeskBoard(alone, "CMSIS1", UsbSerial("A50285BI")),)
    assert "# port: the only one with a USB serial number; see that" in propose(seen, targets())


def test_of_several_ports_the_one_that_answers(tmp_path: Path) -> None:
    other = SeenPort("/dev/ttyUSB1", "B7")
    seen = Sighting((ST_LINK,), (ADAPTER, other), {"/dev/ttyUSB1": "openmv-h7"})
    assert boards(seen, tmp_path) == (DeskBoard("openmv-h7", "0670FF", UsbSerial("B7")),)


def test_a_target_that_cannot_be_told_leaves_the_board_a_comment(tmp_path: Path) -> None:
    seen = Sighting((ST_LINK,), (ADAPTER,))
    assert boards(seen, tmp_path) == ()
    text = propose(seen, targets())
    for line in (
        f"# target: one of {', '.join(sorted(TARGETS))}",
        '# target = "TARGET"',
        '# port = "usb:A50285BI"',
    ):
        assert line in text.splitlines()


def test_two_probes_share_no_port(tmp_path: Path) -> None:
    probes = (ST_LINK, SeenProbe("0671FF", "STLINK-V3"))
    seen = Sighting(probes, (ADAPTER,), {ADAPTER.device: "openmv-h7"})
    assert boards(seen, tmp_path) == ()
    assert propose(seen, targets()).count("#   usb:A50285BI  FT232R") == 2


def test_nothing_at_all_is_an_example_to_fill_in(tmp_path: Path) -> None:
    assert boards(Sighting(), tmp_path) == ()
    assert "# [[board]]" in propose(Sighting(), targets()).splitlines()


TEXT = st.text(max_size=12)
PORTS = st.builds(SeenPort, TEXT, TEXT, st.none() | st.integers(0, 9), TEXT)
PROBES = st.builds(SeenProbe, TEXT, TEXT, st.sampled_from(["", "cortex_m", "stm32h743xx"]))


@settings(deadline=None)
@given(
    probes=st.lists(PROBES, max_size=3),
    ports=st.lists(PORTS, max_size=3),
    answers=st.sampled_from(["openmv-h7", "mps2-an500", "nobody"]),
)
def test_whatever_devices_say_of_themselves_it_is_toml(
    probes: list[SeenProbe], ports: list[SeenPort], answers: str
) -> None:
    seen = Sighting(tuple(probes), tuple(ports), {port.device: answers for port in ports})
    for board in tomllib.loads(propose(seen, targets())).get("board", []):
        assert board["target"] in TARGETS


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rig.toml"
    write_new(path, "mine")
    with pytest.raises(ConfigError, match="there already, and is not overwritten") as refusal:
        write_new(path, "other")
    assert (path.read_text(), refusal.value.where) == ("mine", str(path))


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written: (Not a directory|File exists)"):
        write_new(tmp_path / "file" / "rig.toml", "x")
