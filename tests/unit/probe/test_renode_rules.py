"""The probe on a GDB server that behaves as Renode's: time, reset, stops; flash is memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from devices.renode_gdb import RenodeGdb, serving_renode

from harness.errors import FlashFailed, VerifyFailed
from harness.probe import renode_rules
from harness.probe.backend import Backend, StopCause
from harness.probe.dialect import open_backend
from harness.probe.faults import AccessRefused
from harness.probe.programmer import open_board
from harness.probe.renode_rules import RenodeBackend

CODE = 0x0800_0000
SLOT = 0x0806_0000


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server here is as fast as this process."""
    monkeypatch.setattr(renode_rules, "_SETTLE_S", 0.05)
    monkeypatch.setattr(renode_rules, "_HALT_PATIENCE_S", 0.05)


@contextmanager
def connected(machine: RenodeGdb) -> Iterator[Backend]:
    with serving_renode(machine) as (host, port):
        core = open_backend(host, port, timeout_s=5)
        yield core
        core.close()


def test_it_is_known_by_its_console() -> None:
    machine = RenodeGdb()
    with connected(machine) as core:
        assert isinstance(core, RenodeBackend)
        assert core.traits.name == "Renode"
        assert core.traits.cycle_counter
        assert not core.running
    assert machine.console == ["version"]
    assert not any(command.startswith(b"Qqemu") for command in machine.commands)


def test_time_does_not_start_without_firmware() -> None:
    machine = RenodeGdb()
    with connected(machine) as core:
        core.reset()
        core.resume()
        assert core.locked_up
        assert not core.running
    assert "start" not in machine.console
    assert not machine.halted_for_good


@pytest.mark.parametrize("late_stops", [False, True])
def test_a_reset_halts_the_core_at_its_vector_and_a_stop_of_that_is_no_breakpoint(
    late_stops: bool,
) -> None:
    machine = RenodeGdb(late_stops=late_stops)
    machine.load_firmware()
    with connected(machine) as core:
        core.reset()
        assert core.read_register("pc") == 0x0800_0100
        assert core.read_register("sp") == 0x2000_1000
        assert core.poll() is None
        core.resume()
        assert core.running
        assert core.poll() is None
        assert machine.console == ["version", "machine Reset", "start"]
        assert core.halt() is StopCause.REQUEST


def test_vectors_written_after_time_began_are_taken_at_the_next_reset() -> None:
    machine = RenodeGdb()
    machine.load_firmware()
    with connected(machine) as core:
        core.reset()
        core.write_memory(CODE, (0x2000_2000).to_bytes(4, "little") + b"\x01\x02\x00\x08")
        core.reset()
        assert core.read_register("pc") == 0x0800_0200
        assert core.read_register("sp") == 0x2000_2000


def test_a_core_that_does_not_take_its_vectors_is_given_them() -> None:
    machine = RenodeGdb()
    machine.load_firmware()
    machine._take_vectors = lambda: None  # type: ignore[method-assign]
    with connected(machine) as core:
        core.reset()
        assert machine.register("pc") == 0x0800_0100
        assert machine.register("sp") == 0x2000_1000


@pytest.mark.parametrize("late_stops", [False, True])
def test_a_sleeping_core_that_answers_no_interrupt_is_halted_by_stopping_time(
    late_stops: bool,
) -> None:
    machine = RenodeGdb(asleep=True, late_stops=late_stops)
    machine.load_firmware()
    with connected(machine) as core:
        core.reset()
        core.resume()
        assert core.halt() is StopCause.REQUEST
        assert machine.console[-1] == "pause"
        assert not machine.started
        core.resume()
        assert machine.console[-1] == "start"
        assert core.poll() is None
        assert core.running


def test_memory_is_reached_while_the_core_runs_and_it_runs_on() -> None:
    machine = RenodeGdb()
    machine.load_firmware()
    with connected(machine) as core:
        core.reset()
        core.resume()
        core.write_memory(0x2400_0000, b"abcd")
        assert core.read_memory(0x2400_0000, 4) == b"abcd"
        assert core.running
        until = time.monotonic() + 10  # nothing answers a `c`: the server hears it when it may
        while not machine.running:
            assert time.monotonic() < until


def test_breakpoint_and_watchpoint_are_told_from_a_halt() -> None:
    machine = RenodeGdb()
    machine.load_firmware()
    stops = iter([[b"T05hwbreak:;"], [b"T05watch:24000000;"], [b"S05"]])
    machine.interrupt = lambda: next(stops)  # type: ignore[method-assign]
    with connected(machine) as core:
        core.reset()
        for cause in (StopCause.BREAKPOINT, StopCause.WATCHPOINT, StopCause.REQUEST):
            core.resume()
            assert core.halt() is cause


def test_a_planted_bkpt_is_a_breakpoint() -> None:
    machine = RenodeGdb()
    with connected(machine) as core:
        core.write_memory(0x2000_0100, b"\x00\xbe")
        assert machine.breakpoints == {0x2000_0100}
        core.write_memory(0x2000_0100, b"\x00\xbf")
        assert machine.breakpoints == set()


def test_the_private_peripheral_bus_takes_writes() -> None:
    machine = RenodeGdb()
    with connected(machine) as core:
        core.write_memory(0xE000_ED08, b"\x00\x00\x10\x08")
    assert machine.load(0xE000_ED08, 4) == b"\x00\x00\x10\x08"


def test_a_halted_core_stays_halted_when_the_probe_goes_and_a_running_one_runs() -> None:
    machine = RenodeGdb()
    machine.load_firmware()
    with serving_renode(machine) as (host, port):
        core = open_backend(host, port, timeout_s=5)
        core.reset()
        core.close()
        assert machine.console[-1] == "pause"
        core = open_backend(host, port, timeout_s=5)
        assert not core.running
        core.resume()
        core.close()
        assert machine.console[-1] == "start"
        core = open_backend(host, port, timeout_s=5)
        assert core.running
        core.close()
    assert machine.connections == 3


@pytest.mark.parametrize("command", ["machine Reset", "start"])
def test_what_the_monitor_refuses_is_no_success(command: str) -> None:
    """Renode answers OK to a monitor command that failed; only its words tell."""
    machine = RenodeGdb(refuses=(command,))
    machine.load_firmware()
    with (
        connected(machine) as core,
        pytest.raises(AccessRefused, match=f"Renode refused `{command}`: There was an error"),
    ):
        core.reset()


class TestThroughPyocd:
    """The whole way of a case: program, read back, run."""

    def test_firmware_and_model_are_written_as_memory_read_back_and_run(self) -> None:
        machine = RenodeGdb()
        firmware = b"\x00\x10\x00\x20\x01\x01\x00\x08" + bytes(range(256)) * 40
        model = bytes(255 - n % 251 for n in range(9_001))
        with serving_renode(machine) as (host, port):
            with open_board(f"gdb:{host}:{port}", "cortex_m") as board:
                board.write(CODE, firmware)
                board.write(SLOT, model)
                board.verify(CODE, firmware)
                board.verify(SLOT, model)
                board.reset_and_run()
                assert machine.running
                assert machine.register("pc") == 0x0800_0100
            assert machine.load(SLOT, len(model)) == model
        assert machine.console.count("machine Reset") == 1

    def test_a_byte_that_does_not_stay_is_found(self) -> None:
        machine = RenodeGdb()
        data = bytes(range(1, 255)) * 8
        with (
            serving_renode(machine) as (host, port),
            open_board(f"gdb:{host}:{port}", "cortex_m") as board,
        ):
            board.write(CODE, data)
            machine.store(CODE + 700, b"\x00")
            with pytest.raises(VerifyFailed, match="0x080002bc holds 0x00 and should hold"):
                board.verify(CODE, data)

    def test_nothing_to_run_is_told(self) -> None:
        machine = RenodeGdb()
        with (
            serving_renode(machine) as (host, port),
            open_board(f"gdb:{host}:{port}", "cortex_m") as board,
            pytest.raises(FlashFailed, match="the core locked up at its first instruction"),
        ):
            board.reset_and_run()
