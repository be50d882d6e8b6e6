"""The programmer on QEMU: it loads, proves, runs, and says what went wrong."""

import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from devices.mps2_firmware import (
    BOARDS,
    COUNTER,
    COUNTING,
    ECHO,
    LOCKUP,
    PLACES,
    assemble,
    needs_assembler,
    needs_qemu,
    target,
)

from harness.domain.coordinates import Coordinates
from harness.errors import (
    FlashFailed,
    ProbeBusy,
    ProbeNotFound,
    SimulatorDied,
    UnknownName,
    VerifyFailed,
)
from harness.machine import start_machine
from harness.probe.programmer import Board, open_board

pytestmark = [needs_qemu, needs_assembler]

MODEL_SLOT = 0x0020_0000
DEADLINE_S = 10.0


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble(COUNTING, tmp_path_factory.mktemp("counting"))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Coordinates]:
    with start_machine(target(), tmp_path / "machine") as machine:
        yield machine


@pytest.fixture
def board(at: Coordinates) -> Iterator[Board]:
    with open_board(at.probe_uid, "cortex_m") as opened:
        yield opened


def count(board: Board, counter: int = COUNTER) -> int:
    (value,) = struct.unpack("<I", board.read(counter, 4))
    return int(value)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline


@pytest.mark.parametrize("name", BOARDS)
def test_program_verify_run(name: str, tmp_path: Path) -> None:
    counting = assemble(COUNTING, tmp_path, board=name)
    slot, counter = PLACES[name].slot, PLACES[name].counter
    image = os.urandom(100_003)
    phases: dict[str, float] = {}
    with (
        start_machine(target(name), tmp_path) as at,
        open_board(at.probe_uid, "cortex_m", on_progress=phases.__setitem__) as board,
    ):
        board.program(counting)
        board.write(slot + 1, image)
        board.verify_elf(counting)
        board.verify(slot + 1, image)
        board.reset_and_run()
        wait_until(lambda: count(board, counter) > 1000)
        board.halt()
        stopped = count(board, counter)
        assert count(board, counter) == stopped
        board.resume()
        wait_until(lambda: count(board, counter) > stopped)
        at.check()
    assert phases == {"program": 1.0, "write": 1.0, "verify": 1.0, "read": 1.0}


def test_every_segment_is_programmed_and_verified(board: Board, tmp_path: Path) -> None:
    data = "\n.data\n.word 0x11223344, 0x55667788\n.byte 1,2,3\n"
    elf = assemble(COUNTING + data, tmp_path, data_at=0x2000_0100)
    board.program(elf)
    board.verify_elf(elf)
    assert board.read(0x2000_0100, 11) == bytes.fromhex("4433221188776655010203")
    board.write(0x2000_010A, b"\x07")
    with pytest.raises(VerifyFailed, match="0x2000010a holds 0x07 and should hold 0x03"):
        board.verify_elf(elf)


def test_verify_names_the_first_flipped_byte_and_counts_all(board: Board) -> None:
    image = bytearray(os.urandom(40_000))
    board.write(MODEL_SLOT, bytes(image))
    board.verify(MODEL_SLOT, bytes(image))
    good = image[20_001]
    image[20_001] ^= 0x10
    image[39_999] ^= 0xFF
    with pytest.raises(VerifyFailed) as caught:
        board.verify(MODEL_SLOT, bytes(image))
    assert caught.value.what == (
        f"0x00204e21 holds {good:#04x} and should hold {good ^ 0x10:#04x}; "
        "2 of 40,000 bytes from 0x00200000 differ"
    )
    assert caught.value.where.startswith("probe gdb:127.0.0.1:")
    assert caught.value.hint.startswith("Program the board again")


@pytest.mark.parametrize("address", [0xE000_0000, 0x4000_0000])
def test_data_outside_memory_is_an_error(board: Board, address: int) -> None:
    with pytest.raises(FlashFailed) as caught:
        board.write(address, b"1234")
    assert caught.value.what == (
        f"4 bytes at {address:#010x} do not fit: target cortex_m has no memory at {address:#010x}"
    )
    assert "memory regions" in caught.value.hint


def test_an_elf_with_a_segment_outside_memory_is_an_error(board: Board, tmp_path: Path) -> None:
    elf = assemble(COUNTING + "\n.data\n.word 1\n", tmp_path, data_at=0x4000_0000)
    with pytest.raises(FlashFailed, match="has no memory at 0x40000000") as caught:
        board.program(elf)
    assert caught.value.where == str(elf)


def test_memory_that_the_machine_lacks_is_found_by_verify(board: Board) -> None:
    board.write(0x1000_0000, b"1234")
    with pytest.raises(VerifyFailed, match="0x10000000 holds 0x00 and should hold 0x31"):
        board.verify(0x1000_0000, b"1234")


def test_an_empty_board_is_not_run_into_lockup(at: Coordinates, board: Board) -> None:
    with pytest.raises(FlashFailed, match="locked up at its first instruction") as caught:
        board.reset_and_run()
    assert "vector table" in caught.value.hint
    at.check()


@pytest.mark.parametrize("leave_running", [True, False])
def test_the_core_is_left_as_asked(at: Coordinates, counting: Path, leave_running: bool) -> None:
    with open_board(at.probe_uid, "cortex_m", leave_running=leave_running) as board:
        board.program(counting)
        board.reset_and_run()
    assert_moves(at, leave_running)


def test_the_core_is_left_halted_by_an_error(at: Coordinates, counting: Path) -> None:
    def fail() -> None:
        with open_board(at.probe_uid, "cortex_m") as board:
            board.program(counting)
            board.reset_and_run()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert_moves(at, False)


def assert_moves(at: Coordinates, expected: bool) -> None:
    """Look at the counter through two sessions that do not let the core run themselves."""
    seen = []
    # A busy host may give QEMU no time between two sessions: then a later one sees the core move.
    deadline = time.monotonic() + DEADLINE_S
    while len(seen) < 2 or (expected and seen[-1] == seen[0] and time.monotonic() < deadline):
        with open_board(at.probe_uid, "cortex_m", leave_running=expected) as board:
            seen.append(count(board))
    if expected:
        assert seen[-1] > seen[0]
    else:
        assert seen[1] == seen[0]


def test_a_second_debugger_is_told_that_the_probe_is_busy(at: Coordinates, board: Board) -> None:
    start = time.monotonic()
    with (
        pytest.raises(ProbeBusy, match="the debug probe is in use") as caught,
        open_board(at.probe_uid, "cortex_m", deadline_s=0.3),
    ):
        pass
    assert time.monotonic() - start < DEADLINE_S
    assert caught.value.where == f"probe {at.probe_uid}"
    assert caught.value.hint == "Close the other debugger or harness that has it."
    assert board.read(0, 4) == bytes(4)


def test_an_unknown_target_type_offers_the_nearest(at: Coordinates) -> None:
    with (
        pytest.raises(UnknownName, match="pyOCD has no target type 'cortexm'") as caught,
        open_board(at.probe_uid, "cortexm"),
    ):
        pass
    assert "Did you mean cortex_m?" in caught.value.hint


@pytest.mark.parametrize("uid", ["gdb:nonsense", "nosuchdriver:1"])
def test_an_id_that_no_probe_has(uid: str) -> None:
    with (
        pytest.raises(ProbeNotFound, match="there is no debug probe with this id") as caught,
        open_board(uid, "cortex_m"),
    ):
        pass
    assert caught.value.where == f"probe {uid}"
    assert "pyocd list" in caught.value.hint


def test_a_simulator_killed_while_it_is_debugged(counting: Path, tmp_path: Path) -> None:
    def run() -> None:
        with (
            start_machine(target(), tmp_path) as at,
            open_board(at.probe_uid, "cortex_m") as board,
        ):
            board.program(counting)
            os.kill(simulator_pid(tmp_path), signal.SIGKILL)
            board.write(MODEL_SLOT, bytes(1_000_000))

    start = time.monotonic()
    with pytest.raises(SimulatorDied, match="SIGKILL") as caught:
        run()
    assert time.monotonic() - start < DEADLINE_S
    lost = caught.value.__cause__
    assert isinstance(lost, ProbeNotFound)
    assert "the debug probe was lost while writing 1,000,000 bytes" in lost.what


def test_a_simulator_that_hangs_is_lost_at_the_deadline(counting: Path, tmp_path: Path) -> None:
    def run() -> None:
        with (
            start_machine(target(), tmp_path) as at,
            open_board(at.probe_uid, "cortex_m", deadline_s=0.5) as board,
        ):
            os.kill(simulator_pid(tmp_path), signal.SIGSTOP)
            board.program(counting)

    start = time.monotonic()
    with pytest.raises(ProbeNotFound, match=r"no answer within 0.5 s"):
        run()
    assert time.monotonic() - start < DEADLINE_S


def test_firmware_that_locks_up_is_told_with_its_registers(tmp_path: Path) -> None:
    elf = assemble(LOCKUP, tmp_path)

    def run() -> None:
        with (
            start_machine(target(), tmp_path / "machine") as at,
            open_board(at.probe_uid, "cortex_m") as board,
        ):
            board.program(elf)
            board.reset_and_run()
            while True:
                board.read(0, 4)

    with pytest.raises(SimulatorDied, match="Lockup") as caught:
        run()
    assert "R00=f0000001" in caught.value.what
    assert caught.value.hint.startswith("Look up the registers above")


def test_an_operation_that_takes_too_long_is_ended(at: Coordinates) -> None:
    with (
        open_board(at.probe_uid, "cortex_m", deadline_s=0.05) as board,
        pytest.raises(FlashFailed, match=r"read took longer than 0.05 s, \d+% done") as caught,
    ):
        board.read(0x2000_0000, 4_000_000)
    assert "more time" in caught.value.hint


def test_boards_in_threads_do_not_meet(counting: Path, tmp_path: Path) -> None:
    results: dict[int, bool] = {}

    def run(number: int) -> None:
        image = bytes([number]) * 50_000
        with (
            start_machine(target(BOARDS[number]), tmp_path / str(number)) as at,
            open_board(at.probe_uid, "cortex_m") as board,
        ):
            board.program(counting)
            board.write(MODEL_SLOT, image)
            board.verify(MODEL_SLOT, image)
            board.reset_and_run()
            wait_until(lambda: count(board) > 0)
            results[number] = True

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {0: True, 1: True, 2: True}


def test_the_link_carries_every_byte_while_the_debugger_stays(
    at: Coordinates, board: Board, tmp_path: Path
) -> None:
    board.program(assemble(ECHO, tmp_path))
    board.reset_and_run()
    host, port = at.link_url.removeprefix("socket://").split(":")
    data = bytes(range(256)) * 4
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as link:
        link.sendall(data)
        echoed = b""
        while len(echoed) < len(data):
            echoed += link.recv(4096)
    assert echoed == data


def test_a_guest_that_sleeps_costs_nothing(at: Coordinates, board: Board, tmp_path: Path) -> None:
    board.program(assemble(ECHO, tmp_path))
    board.reset_and_run()
    pid = simulator_pid(tmp_path / "machine")
    before = cpu_seconds(pid)
    time.sleep(0.5)  # the thing measured is what passing time costs
    assert cpu_seconds(pid) - before < 0.1


def test_pyocd_says_nothing_on_the_terminal(
    at: Coordinates, counting: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with open_board(at.probe_uid, "cortex_m") as board:
        board.program(counting)
        board.reset_and_run()
    assert capfd.readouterr() == ("", "")


def simulator_pid(work_dir: Path) -> int:
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "fd" / "2").readlink() == work_dir / "qemu.err":
                return int(entry.name)
        except (OSError, ValueError):
            continue
    raise AssertionError(f"no QEMU works in {work_dir}")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
