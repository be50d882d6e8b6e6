"""The debug port: power handshake, sticky error, banks."""

from harness.probe.debug_port import ABORT, CTRL_STAT, DPIDR, RDBUFF, SELECT, DebugPort


def test_it_is_a_version_2_port_by_arm() -> None:
    idr = DebugPort().read(DPIDR)
    assert idr >> 12 & 0xF == 2  # VERSION
    assert idr >> 1 & 0x7FF == 0x23B  # DESIGNER, JEP106: four continuations, 0x3B
    assert idr & 1 == 1


def test_power_is_acknowledged_as_it_is_asked_for() -> None:
    port = DebugPort()
    port.write(CTRL_STAT, 0x5000_0000)
    assert port.read(CTRL_STAT) == 0xF000_0000
    port.write(CTRL_STAT, 0x1000_0000)
    assert port.read(CTRL_STAT) == 0x3000_0000
    port.write(CTRL_STAT, 0)
    assert port.read(CTRL_STAT) == 0


def test_a_fault_is_sticky_until_abort_clears_it() -> None:
    port = DebugPort()
    port.note_fault()
    assert port.read(CTRL_STAT) & 0x20
    port.write(CTRL_STAT, 0)
    assert port.read(CTRL_STAT) & 0x20
    port.write(ABORT, 0x1E)
    assert not port.read(CTRL_STAT) & 0x20


def test_only_bank_0_is_ctrl_stat() -> None:
    port = DebugPort()
    port.write(CTRL_STAT, 0x5000_0000)
    port.write(SELECT, 1)
    port.write(CTRL_STAT, 0)
    assert port.read(CTRL_STAT) == 0
    port.write(SELECT, 0x0100_0000)
    assert port.read(CTRL_STAT) == 0xF000_0000


def test_rdbuff_repeats_the_last_read() -> None:
    port = DebugPort()
    port.note_read(0xDEADBEEF)
    assert port.read(RDBUFF) == 0xDEADBEEF
