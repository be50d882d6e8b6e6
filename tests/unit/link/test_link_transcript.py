"""Transcripts: what is written, what is refused, and a kept one replayed against the client."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from devices.replayed import Diverged, ReplayedDevice
from devices.scripted import ScriptedDevice, unstuff
from devices.transports import Clock, MemoryPort

from harness.errors import BadDefinition, StoreError
from harness.link import DeviceClient, TranscribedPort, read_transcript

VECTORS = Path(__file__).parents[2] / "vectors"
KEPT = VECTORS / "mlp-digits-an500.transcript"


def test_each_piece_is_a_line_with_seconds_direction_and_hex() -> None:
    clock, file = Clock(), io.StringIO()
    port = MemoryPort(ScriptedDevice(), clock)
    transcribed = TranscribedPort(port, file, clock)  # type: ignore[arg-type]
    transcribed.write(b"\0\x12")
    clock.now = 1.5
    port._out += b"\xab\xcd"
    assert transcribed.read(1) == b"\xab\xcd"
    assert transcribed.read(1) == b""
    transcribed.reopen(1)
    assert transcribed.where == "memory"
    assert file.getvalue().splitlines()[1:] == [
        "0.000000 > 0012",
        "1.500000 < abcd",
        "2.500000 =",
    ]


def test_what_is_written_is_read_again_and_replays(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "link.txt"
    sample = bytes(range(245)) * 2
    with path.open("w", encoding="ascii") as file:
        port = TranscribedPort(MemoryPort(ScriptedDevice(), clock), file, clock)  # type: ignore[arg-type]
        client = DeviceClient(port, clock)
        client.hello(5)
        first = client.infer(sample, deadline_s=5)
    replayed = ReplayedDevice(path)
    again = DeviceClient(MemoryPort(replayed, clock), clock)  # type: ignore[arg-type]
    again.hello(5)
    assert again.infer(sample, deadline_s=5) == first
    assert replayed.exhausted


def test_another_request_than_the_kept_one_diverges(tmp_path: Path) -> None:
    path = tmp_path / "link.txt"
    path.write_text("0.0 > 00\n")
    client = DeviceClient(MemoryPort(ReplayedDevice(path), Clock()), Clock())  # type: ignore[arg-type]
    with pytest.raises(Diverged, match="at byte 1: heard 0201"):
        client.hello(5)


def test_the_firmware_in_qemu_as_it_spoke_when_it_was_recorded() -> None:
    """`harness run -t mps2-an500 -k reference -m mlp-digits --limit 2 --transcript FILE`."""
    clock, replayed = Clock(), ReplayedDevice(KEPT)
    client = DeviceClient(MemoryPort(replayed, clock), clock)  # type: ignore[arg-type]
    identity = client.hello(5)
    assert (identity.target, identity.kernel_set) == ("mps2-an500", "reference")
    loaded = client.describe(5)
    assert (loaded.input_bytes, loaded.output_bytes) == ((784,), (10,))
    first, second = inputs_sent(KEPT)
    assert client.infer(first, warmup=1, deadline_s=5).ticks == (9081,)
    assert client.infer(second, deadline_s=5).ticks == (9065,)
    assert replayed.exhausted


def inputs_sent(path: Path) -> list[bytes]:
    """The data of each INPUT in a transcript."""
    sent = b"".join(data for _, direction, data in read_transcript(path) if direction == ">")
    bodies = [unstuff(block) for block in sent.split(b"\0") if block]
    return [body[12:-4] for body in bodies if body[0] == 3]


@pytest.mark.parametrize("line", ["0.1 ? 00", "x > 00", "0.1 > 0", "0.1", "0.1 > 00 00", "\xff"])
def test_a_file_that_is_no_transcript(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t"
    path.write_text(f"# head\n{line}\n")
    with pytest.raises(BadDefinition) as caught:
        list(read_transcript(path))
    assert "line 2 is not one of a transcript: " in str(caught.value)
    assert caught.value.hint == "Take a file that `harness run --transcript` wrote."


def test_a_full_disk_is_a_store_error() -> None:
    class Full(io.StringIO):
        name = "t.txt"

        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError) as caught:
        TranscribedPort(MemoryPort(ScriptedDevice(), Clock()), Full())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "t.txt: the transcript cannot be written (No space left on device)\n"
        "  -> Free some space there, or leave --transcript out."
    )
