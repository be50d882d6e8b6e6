"""The script and the platform that make Renode an OpenMV Cam H7."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from devices.renode_targets import renode_target

from harness.errors import BadDefinition
from harness.machine import _renode_script
from harness.machine._renode_script import MIPS, include, platforms, script

FOLDER = Path(_renode_script.__file__).with_name("renode_platforms")


def test_the_script_is_this() -> None:
    folder = str(FOLDER).replace(" ", "\\ ")
    assert script(renode_target(), link_port=34561, gdb_port=34562).splitlines() == [
        'mach create "openmv-h7-renode"',
        f"machine LoadPlatformDescription @{folder}/openmv-h7.repl",
        f"include @{folder}/openmv-h7.resc",
        "sysbus.cpu PerformanceInMips 500",
        'emulation SetGlobalQuantum "0.01"',
        "emulation SetGlobalAdvanceImmediately true",
        'emulation CreateServerSocketTerminal 34561 "link" false',
        "connector Connect sysbus.usart3 link",
        "macro reset",
        '"""',
        "    sysbus.cpu VectorTableOffset 0x08000000",
        '"""',
        "runMacro $reset",
        "machine StartGdbServer 34562",
        "logLevel 3",
    ]


def test_time_is_not_started_before_there_is_firmware() -> None:
    """A core that starts without vectors is halted by Renode, for good."""
    assert not re.search(r"^start\b", script(renode_target(), link_port=1, gdb_port=2), re.M)


@pytest.mark.parametrize("platform", platforms())
def test_a_tick_of_the_cycle_counter_is_an_instruction(platform: str) -> None:
    text = (FOLDER / f"{platform}.repl").read_text()
    found = re.search(r"Miscellaneous\.DWT @ sysbus 0xE0001000\s+frequency: (\d+)", text)
    assert found
    assert int(found[1]) == MIPS * 1_000_000


def test_the_counter_keeps_step_with_the_timer_that_the_firmware_counts_wraps_with() -> None:
    """The port expects two cycles for each tick of its timers, which have 250 MHz in Renode."""
    assert MIPS == 2 * 250


def test_the_gate_pin_is_that_of_the_board() -> None:
    board = (Path(__file__).parents[3] / "targets" / "openmv-h7.toml").read_text()
    port = re.search(r'HARNESS_GATE_PORT = "GPIO([A-K])"', board)
    pin = re.search(r'HARNESS_GATE_PIN = "(\d+)u"', board)
    assert port
    assert pin
    text = (FOLDER / "openmv-h7.repl").read_text()
    assert f"gpioPort{port[1]}:\n    {pin[1]} -> gate@0" in text


def test_start_up_code_finds_revision_v_and_a_voltage_that_is_ready() -> None:
    lines = (FOLDER / "openmv-h7.resc").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'sysbus Tag <0x5C001000 4> "DBGMCU_IDCODE" 0x20036450',
        'sysbus Tag <0x58024804 4> "PWR_CSR1" 0x2000',
    ]


def test_a_space_in_a_path_is_escaped(tmp_path: Path) -> None:
    assert include(tmp_path / "a b" / "c d.resc").endswith("/a\\ b/c\\ d.resc")


@pytest.mark.parametrize(
    ("options", "what", "hint"),
    [
        ({"uart": "usart3"}, "machine has no 'platform'", "Write platform = one of openmv-h7."),
        (
            {"platform": "openmv-h8", "uart": "usart3"},
            "there is no platform 'openmv-h8'",
            "Write platform = one of openmv-h7.",
        ),
        ({"platform": "openmv-h7"}, "machine has no 'uart'", "Write uart =, for example usart3."),
    ],
)
def test_a_target_names_platform_and_uart(options: dict[str, str], what: str, hint: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        script(replace(renode_target(), machine_options=options), link_port=1, gdb_port=2)
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert caught.value.where == "target openmv-h7-renode"
