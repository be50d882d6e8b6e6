"""`rig.toml`: where it is looked for, what it says, and every way in which it can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import catalog
from harness.catalog.rig import read_rig
from harness.domain.desk import Desk, DeskBoard, UsbSerial
from harness.errors import BadDefinition

BOARD = '[[board]]\ntarget = "openmv-h7"\nprobe = "0670FF"\nport = "usb:A50285BI"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and a user without a desk."""
    monkeypatch.delenv("HARNESS_RIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def desk(file: Path | None = None) -> Desk:
    return catalog.find_desk(catalog.targets(), file)


def read(text: str) -> tuple[DeskBoard, ...]:
    Path("a.toml").write_text(text)
    return read_rig(Path("a.toml"), catalog.targets())


def refused(text: str) -> str:
    with pytest.raises(BadDefinition) as refusal:
        read(text)
    assert refusal.value.where == "a.toml"
    return refusal.value.what


def test_a_board_by_usb_serial_number() -> None:
    assert read(BOARD) == (DeskBoard("openmv-h7", "0670FF", UsbSerial("A50285BI")),)


def test_several_boards_of_one_kind_keep_their_order() -> None:
    second = BOARD.replace("0670FF", "0671FF").replace('A50285BI"', 'B7"\ninterface = 1')
    boards = Desk(read(BOARD + second)).of("openmv-h7")
    assert [board.probe_uid for board in boards] == ["0670FF", "0671FF"]
    assert boards[1].port == UsbSerial("B7", 1)


@pytest.mark.parametrize(
    "port",
    [
        "socket://127.0.0.1:4000",
        "rfc2217://lab-pi:2217",
        "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0",
        "/dev/ttyAMA0",
        "COM7",
    ],
)
def test_a_port_by_url_or_by_a_name_that_lasts(port: str) -> None:
    (board,) = read(BOARD.replace("usb:A50285BI", port) + 'meter = "ppk2:C9"\n')
    assert (board.port, board.meter) == (port, "ppk2:C9")


def test_a_meter_may_say_its_voltage() -> None:
    (board,) = read(BOARD + 'meter = "ppk2:C9"\nvoltage = 3.3\n')
    assert (board.meter, board.voltage_v) == ("ppk2:C9", 3.3)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("voltage = 3.3", "is what a meter feeds the board with, and there is no `meter`"),
        ('meter = "ppk2:"\nvoltage = 0', "must be greater than 0, is 0"),
    ],
)
def test_a_voltage_that_is_none_or_of_no_meter(text: str, fault: str) -> None:
    assert refused(f"{BOARD}{text}\n") == f"board.0.voltage: {fault}"


def test_a_serial_number_may_have_colons() -> None:
    (board,) = read(BOARD.replace("A50285BI", "34:85:18:AB"))
    assert board.port == UsbSerial("34:85:18:AB")


@pytest.mark.parametrize("port", ["/dev/ttyACM0", "/dev/ttyUSB12"])
def test_a_port_by_the_order_of_plugging_in_is_refused(port: str) -> None:
    assert refused(BOARD.replace("usb:A50285BI", port)) == (
        f"board.0.port: {port} is another port when something else is plugged in first; write "
        '"usb:SERIALNUMBER" (`harness doctor` shows it), or a name of /dev/serial/by-path'
    )


def test_all_faults_are_told_at_once_with_the_nearest_names() -> None:
    text = (
        '[[board]]\ntarget = "openmv-h8"\nprob = "0670FF"\nport = "usb:"\n'
        '[[board]]\ntarget = "mps2-an500"\nprobe = " x"\nport = "COM1"\ninterface = 0\n'
        "[[bord]]\n"
    )
    what = refused(text)
    assert what.startswith("8 faults:\n")
    assert sorted(line.strip() for line in what.splitlines()[1:]) == [
        "board.0.port: a USB serial number follows 'usb:'",
        "board.0.prob: unknown key (did you mean 'probe'?)",
        "board.0.probe: missing",
        "board.0.target: there is no target 'openmv-h8' (did you mean 'openmv-h7'?)",
        'board.1.interface: is only for a port "usb:SERIALNUMBER"',
        "board.1.probe: String should match pattern '^\\S(.*\\S)?$', is ' x'",
        "board.1.target: mps2-an500 is simulated and needs no board",
        "bord: unknown key (did you mean 'board'?)",
    ]


def test_one_board_twice() -> None:
    assert refused(BOARD + BOARD.replace("A50285BI", "B7")) == (
        "board.1.probe: board 0 is the same target behind the same probe"
    )


def test_one_port_for_two_probes() -> None:
    assert refused(BOARD + BOARD.replace("0670FF", "0671FF")) == (
        "board.1.port: board 0 has the same port and another probe"
    )


def test_one_board_may_be_two_targets() -> None:
    assert len(read(BOARD + BOARD.replace("openmv-h7", "nucleo-h743zi"))) == 2


@pytest.mark.parametrize("text", ["board = 3", "[board]", "board = ['x', 4]", "[[board]]"])
def test_tables_that_are_none(text: str) -> None:
    assert "board" in refused(text)


def test_a_file_that_is_not_toml() -> None:
    assert refused("[[board]").startswith("is not TOML: ")


def test_without_any_file_the_desk_is_empty_and_says_where_it_was_looked_for(here: Path) -> None:
    user = here.parent / "config" / "cortexm-harness" / "rig.toml"
    assert desk() == Desk(searched=("rig.toml", str(user)))


def test_the_order_of_places(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = here.parent / "config" / "cortexm-harness" / "rig.toml"
    user.parent.mkdir(parents=True)
    for file in (user, Path("rig.toml"), Path("of-variable.toml"), Path("of-option.toml")):
        file.write_text(BOARD.replace("0670FF", f"probe of {file.name}"))
    assert desk(Path("of-option.toml")).source == "of-option.toml"
    monkeypatch.setenv("HARNESS_RIG", "of-variable.toml")
    assert desk(Path("of-option.toml")).source == "of-option.toml"
    assert desk().boards[0].probe_uid == "probe of of-variable.toml"
    monkeypatch.delenv("HARNESS_RIG")
    assert desk().source == "rig.toml"
    Path("rig.toml").unlink()
    assert desk().source == str(user)


def test_the_first_file_is_taken_alone(here: Path) -> None:
    user = here.parent / "config" / "cortexm-harness" / "rig.toml"
    user.parent.mkdir(parents=True)
    user.write_text(BOARD)
    Path("rig.toml").write_text("")
    assert desk().boards == ()


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_file_that_is_named_must_be_there(
    monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    if by_variable:
        monkeypatch.setenv("HARNESS_RIG", "nowhere.toml")
    with pytest.raises(BadDefinition, match="there is no such file") as refusal:
        desk(None if by_variable else Path("nowhere.toml"))
    assert refusal.value.where == "nowhere.toml"
