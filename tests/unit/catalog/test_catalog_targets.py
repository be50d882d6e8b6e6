"""Target files: shipped ones say what the boards are, faulty ones are refused with all faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog import target, targets
from harness.catalog.definitions import parse_toml
from harness.domain.target import Region
from harness.domain.units import Fidelity, Unit
from harness.errors import BadDefinition, ConfigError, DuplicateName, UnknownName

SHIPPED = Path(__file__).parents[3] / "targets"
SAMPLE = (SHIPPED / "mps2-an500.toml").read_text()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree on HARNESS_PATH with an empty `targets` folder."""
    (tmp_path / "targets").mkdir()
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    return tmp_path


def write(tree: Path, *changes: tuple[str, str], name: str = "mine") -> Path:
    """Write the shipped sample as `name`, with (old, new) replacements."""
    text = SAMPLE.replace('id = "mps2-an500"', f'id = "{name}"')
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path = tree / "targets" / f"{name}.toml"
    path.write_text(text)
    return path


def test_shipped_target_is_what_qemu_emulates() -> None:
    board = target("mps2-an500")
    assert board.core.flags == (
        "-mcpu=cortex-m7",
        "-mthumb",
        "-mfloat-abi=hard",
        "-mfpu=fpv5-d16",
    )
    assert board.fidelity is Fidelity.SIMULATED
    assert board.counter.unit is Unit.INSTRUCTIONS
    # 1 ns per instruction under -icount shift=0, and SysTick at 25 MHz.
    assert board.counter.per_tick == 1e9 / board.clock_hz == 40
    assert board.machine == "qemu"
    assert board.machine_options == {"machine": "mps2-an500"}
    assert board.pyocd_target == "cortex_m"


@pytest.mark.parametrize("name", ["mps2-an385", "mps2-an386", "mps2-an500"])
def test_shipped_regions_lie_in_the_boards_memories(name: str) -> None:
    memory = target(name).memory
    four_megabytes = 4 << 20
    for region in (memory.code, memory.model_slot):
        assert region.origin >= 0
        assert region.origin + region.length <= four_megabytes
    for region in (memory.ram, memory.arena):
        assert region.origin >= 0x2000_0000
        assert region.origin + region.length <= 0x2000_0000 + four_megabytes


def test_every_target_file_is_short() -> None:
    for path in SHIPPED.glob("*.toml"):
        assert len(path.read_text().splitlines()) <= 40, path


def test_targets_lists_every_file_of_the_folder() -> None:
    assert set(targets()) == {path.stem for path in SHIPPED.glob("*.toml")}


def test_a_stranger_adds_a_target_with_one_file(tree: Path) -> None:
    write(tree, ("length = 0x0004_0000", "length = 0x8000"), name="desk-board")
    assert target("desk-board").memory.ram == Region(0x2000_0000, 0x8000)
    assert {"desk-board", "mps2-an385"} <= set(targets())


def test_a_board_may_run_at_another_clock_and_names_its_device_header() -> None:
    board = target("openmv-h7")
    assert (board.clock_hz, board.also_clock_hz) == (480_000_000, (400_000_000,))
    assert board.device_header == "stm32h743xx.h"
    assert (board.counter.name, board.counter.unit) == ("dwt-cyccnt", Unit.CYCLES)
    plain = target("mps2-an500")
    assert (plain.also_clock_hz, plain.device_header) == ((), "")


def test_a_target_is_a_default_unless_its_file_says_no(tree: Path) -> None:
    write(tree, ("baud_rate = 115200", "baud_rate = 115200\ndefault = false"))
    assert target("mine").default is False
    assert target("mps2-an500").default is True


ALL = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def test_unknown_target_offers_the_nearest_name() -> None:
    with pytest.raises(UnknownName) as caught:
        target("mps2-an5000")
    assert str(caught.value) == (
        f"there is no target 'mps2-an5000'\n  -> Use 'mps2-an500'; there are: {ALL}."
    )
    assert caught.value.exit_code == 2


def test_unknown_target_like_none_lists_all() -> None:
    with pytest.raises(UnknownName) as caught:
        target("zzz")
    assert caught.value.hint == f"Use a name that exists; there are: {ALL}."


def test_same_name_twice_names_both_files(tree: Path) -> None:
    mine = write(tree, name="mps2-an500")
    with pytest.raises(DuplicateName) as caught:
        target("mps2-an385")
    assert str(SHIPPED / "mps2-an500.toml") in caught.value.what
    assert str(mine) in caught.value.what
    assert caught.value.hint == "Rename one of the two files and the id in it."


def test_a_faster_rate_may_be_agreed_on(tree: Path) -> None:
    write(tree, ("baud_rate = 115200", "baud_rate = 115200\nmax_baud_rate = 115201"))
    assert target("mine").max_baud_rate == 115201
    assert target("mps2-an500").max_baud_rate is None


FAULTS = {
    "a fastest rate that is not faster": (
        [("baud_rate = 115200", "baud_rate = 115200\nmax_baud_rate = 115200")],
        "max_baud_rate: 115200 is not above baud_rate, 115200",
    ),
    "unknown key": (
        [("baud_rate =", "baudrate = 9600\nbaud_rate =")],
        "baudrate: unknown key (did you mean 'baud_rate'?)",
    ),
    "unknown key in a table": (
        [('unit = "instructions"', 'unit = "instructions"\nper_tic = 1')],
        "counter.per_tic: unknown key (did you mean 'per_tick'?)",
    ),
    "unknown key in a region": (
        [("ram = {", "ram = { orign = 1,")],
        "memory.ram.orign: unknown key (did you mean 'origin'?)",
    ),
    "unknown key like no other": (
        [("baud_rate =", "zzz = 1\nbaud_rate =")],
        "zzz: unknown key",
    ),
    "missing key": ([("clock_hz = 25_000_000", "")], "clock_hz: missing"),
    "missing table": (
        [("[core]", "[defines]"), ("flags = [", 'x = "'), ('"-mcpu=cortex-m7", ', '"\n#')],
        "core: missing",
    ),
    "text for a number": (
        [("25_000_000", '"25 MHz"')],
        "clock_hz: must be a valid integer, is '25 MHz'",
    ),
    "clock of zero": ([("25_000_000", "0")], "clock_hz: must be greater than 0, is 0"),
    "number for text": ([('pyocd_target = "cortex_m"', "pyocd_target = 7")], "pyocd_target: must"),
    "unit unknown": ([('unit = "instructions"', 'unit = "miles"')], "counter.unit: must be"),
    "cycles on a simulator": (
        [('unit = "instructions"', 'unit = "cycles"')],
        "counter.unit: must be 'instructions' on a simulated target, is 'cycles'",
    ),
    "instructions on silicon": (
        [('"simulated"', '"silicon"')],
        "counter.unit: must be 'cycles' on a silicon target, is 'instructions'",
    ),
    "model is no target": (
        [('"simulated"', '"model"')],
        "fidelity: a target is 'silicon' or 'simulated'; models have no board",
    ),
    "regions overlap": (
        [("0x2010_0000", "0x2003_FFF0")],
        "memory: ram and arena overlap",
    ),
    "region not aligned": (
        [("origin = 0x0020_0000", "origin = 0x0020_0008")],
        "memory.model_slot: origin 0x00200008 is not a multiple of 16",
    ),
    "region too long": (
        [("0x2010_0000, length = 0x0010_0000", "0xFFFF_0000, length = 65552")],
        "memory.arena: ends beyond the 32-bit address space",
    ),
    "machine without kind": ([('kind = "qemu"', "")], "machine.kind: missing"),
    "machine option of another type": (
        [('machine = "mps2-an500"', "machine = 500")],
        "machine.machine: must be a valid string, is 500",
    ),
    "no flags": ([("flags = [", "flags = [] #")], "core.flags: List should have at least 1 item"),
    "id is not the file's name": (
        [('id = "mine"', 'id = "yours"')],
        "id: is 'yours', but the file is named for 'mine'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_key(tree: Path, fault: str) -> None:
    changes, message = FAULTS[fault]
    path = write(tree, *changes)
    with pytest.raises(BadDefinition) as caught:
        target("mine")
    assert message in caught.value.what
    assert caught.value.where == str(path)
    assert caught.value.hint == "Correct the file."
    assert caught.value.exit_code == 2


def test_all_faults_of_a_file_come_at_once(tree: Path) -> None:
    write(
        tree,
        ('id = "mine"', 'id = "yours"'),
        ("25_000_000", "-1"),
        ("per_tick = 40", "per_tick = 0"),
        ("baud_rate", "baudrate"),
    )
    with pytest.raises(BadDefinition) as caught:
        target("mine")
    assert caught.value.what.splitlines() == [
        "5 faults:",
        "  id: is 'yours', but the file is named for 'mine'",
        "  clock_hz: must be greater than 0, is -1",
        "  baud_rate: missing",
        "  counter.per_tick: must be greater than 0, is 0",
        "  baudrate: unknown key (did you mean 'baud_rate'?)",
    ]


def test_toml_syntax_error_has_line_and_column(tree: Path) -> None:
    (tree / "targets" / "mine.toml").write_text('id = "mine"\ntitle = = 1\n')
    with pytest.raises(BadDefinition, match=r"is not TOML: Invalid value \(at line 2, column 9\)"):
        target("mine")


def test_text_that_is_not_utf8(tree: Path) -> None:
    (tree / "targets" / "mine.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(BadDefinition, match="is not UTF-8: byte 6"):
        target("mine")


def test_a_file_that_cannot_be_read(tree: Path) -> None:
    (tree / "targets" / "mine.toml").mkdir()
    with pytest.raises(BadDefinition) as caught:
        target("mine")
    assert caught.value.what == "cannot be read: Is a directory"
    assert caught.value.hint == "Make the file readable."


def test_a_faulty_file_does_not_disturb_other_targets(tree: Path) -> None:
    write(tree, ("clock_hz", "clock"))
    assert target("mps2-an386").core.name == "Cortex-M4F"


def test_harness_path_that_is_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "gone"))
    with pytest.raises(ConfigError) as caught:
        targets()
    assert str(caught.value) == (
        f"HARNESS_PATH: {tmp_path / 'gone'} is not a folder\n"
        "  -> Create it, or take it out of HARNESS_PATH."
    )


def test_harness_path_takes_several_trees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "targets").mkdir(parents=True)
        write(tmp_path / name, name=name)
    monkeypatch.setenv("HARNESS_PATH", f"{tmp_path / 'one'}:{tmp_path / 'two'}:")
    assert {"one", "two", "mps2-an500"} <= set(targets())


TWIN = """id = "twin"
title = "Twin"
fidelity = "simulated"
firmware = "openmv-h7"

[counter]
unit = "instructions"
per_tick = 2

[machine]
kind = "virtual-h743"
"""


def write_twin(tree: Path, text: str = TWIN) -> None:
    (tree / "targets" / "twin.toml").write_text(text)


def test_a_twin_runs_the_firmware_of_another_target(tree: Path) -> None:
    write_twin(tree)
    twin, board = target("twin"), target("openmv-h7")
    assert (twin.id, twin.firmware_target, board.firmware_target) == (
        "twin",
        "openmv-h7",
        "openmv-h7",
    )
    assert (twin.memory, twin.core, twin.port, twin.defines, twin.clock_hz) == (
        board.memory,
        board.core,
        board.port,
        board.defines,
        board.clock_hz,
    )
    assert (twin.counter.name, twin.counter.unit, twin.counter.per_tick) == (
        "dwt-cyccnt",
        Unit.INSTRUCTIONS,
        2,
    )


def test_a_twin_of_nothing_is_refused(tree: Path) -> None:
    write_twin(tree, TWIN.replace("openmv-h7", "openmw-h7"))
    with pytest.raises(
        BadDefinition, match=r"no target 'openmw-h7' \(did you mean 'openmv-h7'\?\)"
    ):
        target("twin")


def test_a_twin_of_a_twin_is_refused(tree: Path) -> None:
    write_twin(tree, TWIN.replace("openmv-h7", "openmv-h7-virtual"))
    with pytest.raises(BadDefinition, match="runs another target's firmware itself"):
        target("twin")


def test_a_twin_does_not_change_what_the_firmware_is_built_from(tree: Path) -> None:
    write_twin(tree, TWIN.replace("firmware =", "clock_hz = 1\nfirmware ="))
    with pytest.raises(BadDefinition, match="clock_hz: unknown key"):
        target("twin")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadDefinition) as caught:
        parse_toml(tmp_path / "plan.toml")
    assert (caught.value.what, caught.value.hint) == ("there is no such file", "Correct the path.")
    assert caught.value.where == str(tmp_path / "plan.toml")
