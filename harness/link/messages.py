"""What frames mean, as `firmware/PROTOCOL.md` says: requests to bytes, replies to domain values."""

from __future__ import annotations

import struct
from enum import IntEnum

from harness.domain.device import Identity, LoadedModel, ProfileReply, Reply
from harness.domain.gate import GateMode, MeteredReply
from harness.domain.target import Region
from harness.errors import BadFrame, VersionMismatch
from harness.link.clock_reading import clock_reading
from harness.link.cursor import Cursor

PROTOCOL_VERSION = 2
REPLY = 0x80
ERROR = 0xFF
INPUT_HEADER_BYTES = 8

_INPUT = struct.Struct("<HHI")


class Request(IntEnum):
    """Types of requests; the reply's type is 0x80 more."""

    HELLO = 0x01
    DESCRIBE = 0x02
    INPUT = 0x03
    RUN = 0x04
    PROFILE = 0x05
    POOL = 0x06
    RUN_SAMPLE = 0x07
    BAUD = 0x08
    METERED = 0x09


def hello_request() -> bytes:
    """Payload of HELLO: the host's protocol version."""
    return struct.pack("<H", PROTOCOL_VERSION)


def input_request(index: int, offset: int, data: bytes) -> bytes:
    """Payload of INPUT: `data` for input `index`, from byte `offset` on."""
    return _INPUT.pack(index, 0, offset) + data


def run_request(warmup: int, repeats: int) -> bytes:
    """Payload of RUN.

    Raises:
        ValueError: `repeats` below 1, or a number above 65535.
    """
    if not (0 <= warmup <= 0xFFFF and 1 <= repeats <= 0xFFFF):
        raise ValueError(f"warmup {warmup}, repeats {repeats}: the message holds 0 or 1 to 65535")
    return struct.pack("<HH", warmup, repeats)


def run_sample_request(warmup: int, repeats: int, sample: int, crc32: int) -> bytes:
    """Payload of RUN_SAMPLE: RUN with place `sample` of the pool, whose bytes have `crc32`.

    Raises:
        ValueError: as `run_request`.
    """
    return run_request(warmup, repeats) + struct.pack("<II", sample, crc32)


def metered_request(mode: GateMode, warmup: int, repeats: int) -> bytes:
    """Payload of METERED.

    Raises:
        ValueError: `repeats` below 1 or above 4294967295, or `warmup` above 65535.
    """
    if not (0 <= warmup <= 0xFFFF and 1 <= repeats <= 0xFFFFFFFF):
        raise ValueError(f"warmup {warmup}, repeats {repeats}: the message holds no such number")
    return struct.pack("<HHI", warmup, mode, repeats)


def profile_request(warmup: int) -> bytes:
    """Payload of PROFILE.

    Raises:
        ValueError: a number below 0 or above 65535.
    """
    if not 0 <= warmup <= 0xFFFF:
        raise ValueError(f"warmup {warmup}: the message holds 0 to 65535")
    return struct.pack("<HH", warmup, 0)


def baud_request(rate: int) -> bytes:
    """Payload of BAUD: the rate wanted, in baud."""
    return struct.pack("<I", rate)


def decode_hello(payload: bytes, where: str = "") -> Identity:
    """Return who answers.

    Raises:
        VersionMismatch: it speaks another version of the protocol.
        BadFrame: too short or too long, or values that no firmware can have.
    """
    cursor = Cursor(payload, "the reply to HELLO", where)
    (version,) = cursor.take("<H")
    if version != PROTOCOL_VERSION:
        raise VersionMismatch(
            f"the device speaks protocol version {version}, this harness {PROTOCOL_VERSION}",
            where=where,
            hint="Flash firmware that this harness built, or install the harness it belongs to.",
        )
    max_payload, window, clock_hz, counter_hz, slot, slot_bytes, arena, arena_bytes = cursor.take(
        "<HIIIIIII"
    )
    build_id = cursor.raw(20)
    target, kernel_set, counter = cursor.string(), cursor.string(), cursor.string()
    cursor.end()
    if max_payload <= INPUT_HEADER_BYTES or clock_hz == 0:
        raise BadFrame(
            f"the reply to HELLO names a payload of {max_payload} bytes and a clock of "
            f"{clock_hz} Hz; wanted more than {INPUT_HEADER_BYTES} and more than 0",
            where=where,
            hint="Correct the port of this firmware.",
        )
    return Identity(
        protocol_version=version,
        build_id=build_id.hex(),
        target=target,
        kernel_set=kernel_set,
        clock_hz=clock_hz,
        counter=counter,
        counter_hz=counter_hz,
        model_slot=Region(slot, slot_bytes),
        arena=Region(arena, arena_bytes),
        max_payload=max_payload,
        receive_window=window,
    )


def decode_describe(payload: bytes, where: str = "") -> LoadedModel:
    """Return which model image is loaded.

    Raises:
        BadFrame: too short or too long.
    """
    cursor = Cursor(payload, "the reply to DESCRIBE", where)
    crc32, image_bytes = cursor.take("<II")
    source = cursor.raw(32)
    arena_bytes, inputs, outputs = cursor.take("<IHH")
    input_bytes = cursor.take(f"<{inputs}I")
    output_bytes = cursor.take(f"<{outputs}I")
    (operators, _) = cursor.take("<HH")
    scratch = cursor.take(f"<{operators}I")
    cursor.end()
    return LoadedModel(
        image_crc32=crc32,
        image_bytes=image_bytes,
        source_sha256=source.hex(),
        arena_bytes=arena_bytes,
        input_bytes=input_bytes,
        output_bytes=output_bytes,
        scratch_needed=scratch,
    )


def decode_input(payload: bytes, where: str = "") -> None:
    """Check that the reply to INPUT is empty.

    Raises:
        BadFrame: it is not.
    """
    Cursor(payload, "the reply to INPUT", where).end()


def decode_pool(payload: bytes, where: str = "") -> Region:
    """Return where the pool of inputs lies.

    Raises:
        BadFrame: too short or too long.
    """
    cursor = Cursor(payload, "the reply to POOL", where)
    address, length = cursor.take("<II")
    cursor.end()
    return Region(address, length)


def decode_baud(payload: bytes, where: str = "") -> int:
    """Return the rate that the device changes to, in baud; 0 says that it does not.

    Raises:
        BadFrame: too short or too long.
    """
    cursor = Cursor(payload, "the reply to BAUD", where)
    (rate,) = cursor.take("<I")
    cursor.end()
    return int(rate)


def decode_run(payload: bytes, repeats: int, where: str = "") -> Reply:
    """Return what `repeats` windows gave.

    Raises:
        BadFrame: too short or too long, or another number of repeats than asked for.
    """
    ticks, interrupts, outputs = _windows(payload, "RUN", repeats, "repeats", where)
    return Reply(ticks=ticks, link_interrupts=interrupts, outputs=outputs)


def decode_metered(payload: bytes, where: str = "") -> MeteredReply:
    """Return what all inferences between the edges of the gate gave.

    Raises:
        BadFrame: too short or too long, or not five numbers, or a clock that cannot be.
    """
    numbers, interrupts, outputs = _windows(payload, "METERED", 5, "numbers", where)
    ticks, repeats, began, ended, hz = numbers
    clock = clock_reading(began, ended, hz, where)
    return MeteredReply(repeats, ticks, interrupts, outputs, clock)


def decode_profile(payload: bytes, operators: int, where: str = "") -> ProfileReply:
    """Return what the windows of `operators` gave.

    Raises:
        BadFrame: too short or too long, or another number of windows than operators and one.
    """
    (empty, *ticks), interrupts, outputs = _windows(
        payload, "PROFILE", operators + 1, "windows", where
    )
    return ProfileReply(
        empty_window=empty, ticks=tuple(ticks), link_interrupts=interrupts, outputs=outputs
    )


def _windows(
    payload: bytes, request: str, wanted: int, what: str, where: str
) -> tuple[tuple[int, ...], int, tuple[bytes, ...]]:
    cursor = Cursor(payload, f"the reply to {request}", where)
    counted, outputs, interrupts = cursor.take("<HHI")
    if counted != wanted:
        raise BadFrame(
            f"the reply to {request} holds {counted} {what}, wanted {wanted}",
            where=where,
            hint="Flash firmware that this harness built.",
        )
    ticks = cursor.take(f"<{counted}Q")
    answers = tuple(cursor.raw(cursor.take("<I")[0]) for _ in range(outputs))
    cursor.end()
    return ticks, interrupts, answers
