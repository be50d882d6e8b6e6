"""The firmware on each simulated board: handshake, counting, engine overhead and fault reports."""

from __future__ import annotations

import contextlib
import io
import shutil
import socket
import struct
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from firmware.core.plain_frames import Frame, frame, frames, refusal
from firmware.core.plain_image import Image, Operator, Tensor

ROOT = Path(__file__).parents[2]
CORE_TESTS = ROOT / "tests" / "firmware" / "core"
BOARDS = ("mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547")
TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja", "qemu-system-arm")
DEADLINE_S = 30.0
INSTRUCTIONS_PER_S = 10**9  # -icount shift=0: each takes 1 ns
HELLO, DESCRIBE, INPUT, RUN = 1, 2, 3, 4
SPIN, TRAP, EMPTY = 128, 129, 130

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"
)


class Board:
    """A board in QEMU, its UART on a socket that is never heard but by `ask`."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._sequence = 0
        link.settimeout(DEADLINE_S)
        link.sendall(b"\0")

    def ask(self, kind: int, payload: bytes = b"") -> Frame:
        self._sequence += 1
        self._link.sendall(frame(kind, self._sequence, payload))
        received = b""
        while True:
            received += self._link.recv(65536)
            if received.endswith(b"\0") and received.strip(b"\0"):
                (answer,) = frames(received)
                assert answer.sequence == self._sequence
                return answer

    def ticks(self, warmup: int = 0, repeats: int = 1) -> tuple[int, ...]:
        answer = self.ask(RUN, struct.pack("<HH", warmup, repeats))
        assert answer.type == 0x84, refusal(answer)
        counted, _, link_interrupts = struct.unpack_from("<HHI", answer.payload)
        assert (counted, link_interrupts) == (repeats, 0)
        return struct.unpack_from(f"<{repeats}Q", answer.payload, 8)


def per_tick(board: str) -> float:
    """Instructions per tick, from the clock of the board."""
    target = tomllib.loads((ROOT / "targets" / f"{board}.toml").read_text())
    found = INSTRUCTIONS_PER_S / float(target["clock_hz"])
    assert target["counter"]["per_tick"] == found
    return found


def build(board: str, folder: Path, **changed: str) -> Path:
    target = tomllib.loads((ROOT / "targets" / f"{board}.toml").read_text())
    variables = {
        "HARNESS_PORT": target["port"],
        "HARNESS_TARGET": board,
        "HARNESS_KERNEL_SET": "test",
        "HARNESS_CPU_FLAGS": ";".join(target["core"]["flags"]),
        "HARNESS_KERNEL_DIRS": f"{CORE_TESTS / 'kernels_device'};{CORE_TESTS / 'kernels'}",
    }
    for name, region in target["memory"].items():
        variables[f"HARNESS_{name.upper()}_ORIGIN"] = hex(region["origin"])
        variables[f"HARNESS_{name.upper()}_LENGTH"] = hex(region["length"])
    defines = [f"{name}={value}" for name, value in target.get("defines", {}).items()]
    variables["HARNESS_DEFINES"] = ";".join([*defines, changed.pop("HARNESS_DEFINES", "")])
    variables |= changed
    for command in (
        ["cmake", "-G", "Ninja", "-S", str(ROOT / "firmware"), "-B", str(folder)]
        + [f"-D{name}={value}" for name, value in variables.items()],
        ["ninja", "-C", str(folder)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "harness-firmware.elf"


@pytest.fixture(scope="session", params=BOARDS)
def firmware(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    return request.param, build(request.param, tmp_path_factory.mktemp(request.param))


@contextlib.contextmanager
def started(board: str, elf: Path, image: Path | None = None) -> Iterator[Board]:
    """Boot `elf` with an image in the slot; the link is a socket pair, so no port is needed."""
    ours, theirs = socket.socketpair()
    slot = tomllib.loads((ROOT / "targets" / f"{board}.toml").read_text())["memory"]["model_slot"]
    command = [
        *("qemu-system-arm", "-M", board, "-display", "none", "-nodefaults", "-nic", "none"),
        *("-icount", "shift=0", "-kernel", str(elf)),
        *("-chardev", f"socket,id=link,fd={theirs.fileno()}", "-serial", "chardev:link"),
    ]
    if image is not None:
        loader = f"loader,file={image},addr={slot['origin']:#x},force-raw=on"
        command += ["-device", loader]
    process = subprocess.Popen(
        command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    theirs.close()
    try:
        with ours:
            yield Board(ours)
    finally:
        process.kill()
        process.wait()


def note_and_symbols(elf: Path) -> tuple[str, dict[str, int]]:
    file = ELFFile(io.BytesIO(elf.read_bytes()))
    (note,) = file.get_section_by_name(".note.gnu.build-id").iter_notes()
    symbols = file.get_section_by_name(".symtab").iter_symbols()
    return note["n_desc"], {symbol.name: symbol["st_value"] for symbol in symbols}


def image_of(tmp_path: Path, *operators: Operator) -> Path:
    image = Image([Tensor(0)], list(operators), outputs=(0,), arena_bytes=16)
    (tmp_path / "image").write_bytes(image.encode())
    return tmp_path / "image"


def of_one_word(opcode: int, word: int) -> Operator:
    return Operator(opcode, [0], [0], struct.pack("<I", word))


def test_hello_tells_the_build_id_and_the_memory_of_the_target(
    firmware: tuple[str, Path],
) -> None:
    name, elf = firmware
    target = tomllib.loads((ROOT / "targets" / f"{name}.toml").read_text())
    memory = target["memory"]
    with started(name, elf) as board:
        payload = board.ask(HELLO, struct.pack("<H", 1)).payload
    assert payload[32:52].hex() == note_and_symbols(elf)[0]
    assert struct.unpack_from("<HHI", payload) == (2, 1024, 4096)
    assert struct.unpack_from("<6I", payload, 8) == (
        *(target["clock_hz"], target["clock_hz"]),
        *(memory["model_slot"]["origin"], memory["model_slot"]["length"]),
        *(memory["arena"]["origin"], memory["arena"]["length"]),
    )
    strings = [name, "test", target["counter"]["name"]]
    assert payload[52:] == b"".join(bytes([len(s)]) + s.encode() for s in strings)


def test_an_empty_slot_holds_no_model(firmware: tuple[str, Path]) -> None:
    with started(*firmware) as board:
        answer = refusal(board.ask(DESCRIBE))
    assert (answer.code, answer.detail) == (2, 0)


@pytest.mark.parametrize("turns", [1_000_000, 1_000_003, 12_345_678])
def test_ticks_are_instructions_and_the_same_each_time(
    firmware: tuple[str, Path], tmp_path: Path, turns: int
) -> None:
    image = image_of(tmp_path, of_one_word(SPIN, turns))
    runs = []
    for _ in range(2):
        with started(*firmware, image) as board:
            assert board.ask(DESCRIBE).type == 0x82
            runs.append(board.ticks(warmup=1, repeats=2) + board.ticks())
    assert len(set(runs[0])) == 1
    assert runs[0] == runs[1]
    # Whole ticks: up to one less instruction than a tick has were run and not counted. Around the
    # loop lie the engine and the reading of the counter: more than none, below 60.
    tick = per_tick(firmware[0])
    counted = runs[0][0] * tick
    assert counted < 2 * turns + 60
    assert counted + tick > 2 * turns


def test_the_engine_takes_less_than_twenty_instructions_per_operator(
    firmware: tuple[str, Path], tmp_path: Path
) -> None:
    image = image_of(tmp_path, *[Operator(EMPTY, [0], [0])] * 1000)
    with started(*firmware, image) as board:
        assert board.ask(DESCRIBE).type == 0x82
        (ticks,) = board.ticks()
    assert 5 * 1000 < ticks * per_tick(firmware[0]) < 20 * 1000


@pytest.mark.parametrize(("turns", "fits"), [(1_900_000, True), (2_100_000, False)])
def test_a_window_beyond_the_counter_gives_an_error_and_no_number(
    tmp_path: Path, turns: int, fits: bool
) -> None:
    """A counter cut to 100,000 ticks of 40 instructions; the loop takes two per turn."""
    elf = build(BOARDS[0], tmp_path / "b", HARNESS_DEFINES="HARNESS_TIMER_TOP=100000u")
    with started(BOARDS[0], elf, image_of(tmp_path, of_one_word(SPIN, turns))) as board:
        assert board.ask(DESCRIBE).type == 0x82
        answer = board.ask(RUN, struct.pack("<HH", 0, 1))
    assert answer.type == 0x84 if fits else refusal(answer).code == 8


def registers(text: str) -> dict[str, int]:
    return {name: int(value, 16) for name, value in (part.split("=") for part in text.split())}


def test_an_undefined_instruction_is_reported_with_its_place(
    firmware: tuple[str, Path], tmp_path: Path
) -> None:
    name, elf = firmware
    with started(name, elf, image_of(tmp_path, of_one_word(TRAP, 0))) as board:
        assert board.ask(DESCRIBE).type == 0x82
        answer = refusal(board.ask(RUN, struct.pack("<HH", 0, 1)))
    assert (answer.code, answer.detail) == (9, 1 << 16)  # CFSR: UNDEFINSTR
    fault = registers(answer.text)
    assert list(fault) == ["pc", "lr", "hfsr", "bfar"]
    assert fault["pc"] == note_and_symbols(elf)[1]["trap_here"] & ~1
    assert fault["hfsr"] == 1 << 30  # FORCED


def test_a_bus_fault_is_reported_with_its_address(
    firmware: tuple[str, Path], tmp_path: Path
) -> None:
    with started(*firmware, image_of(tmp_path, of_one_word(TRAP, 1))) as board:
        assert board.ask(DESCRIBE).type == 0x82
        answer = refusal(board.ask(RUN, struct.pack("<HH", 0, 1)))
    assert (answer.code, answer.detail) == (9, 1 << 15 | 1 << 9)  # BFARVALID, PRECISERR
    assert registers(answer.text)["bfar"] == 0x5E000000


def test_bytes_that_come_one_by_one_or_all_at_once_are_not_lost(
    firmware: tuple[str, Path], tmp_path: Path
) -> None:
    """Fills the receive window: as many unanswered bytes as HELLO allows."""
    image = image_of(tmp_path, Operator(22, [0], [0]))
    requests = [frame(INPUT, n, struct.pack("<HHI", 0, 0, 0) + bytes(range(16))) for n in range(90)]
    wire = b"".join(requests)
    assert 3000 < len(wire) < 4096
    with started(*firmware, image) as board:
        assert board.ask(DESCRIBE).type == 0x82
        for _ in range(3):
            board._link.sendall(wire)
            received = b""
            while received.count(b"\0") < len(requests):
                received += board._link.recv(65536)
            assert [answer.sequence for answer in frames(received)] == list(range(90))
