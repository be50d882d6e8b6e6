"""METERED: which edges a power meter sees, and what is answered, as firmware/PROTOCOL.md says."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from plain_frames import frame, frames, refusal
from plain_image import Image

DESCRIBE, INPUT, RUN, PROFILE, METERED = 2, 3, 4, 5, 9
LEVEL, PULSE, OPERATORS = 1, 2, 3
BAD_REQUEST, NO_PIN = 1, 13
DATA = bytes(range(16))
Told = Callable[..., tuple[str, bytes]]


def metered(mode: int, warmup: int, repeats: int) -> bytes:
    return struct.pack("<HHI", warmup, mode, repeats)


@pytest.fixture
def told(gated_firmware: Path, tmp_path: Path) -> Told:
    """Ask one thing of the model with two operators; give what its pins told, and the answer."""

    def ask(kind: int, payload: bytes, *, again: bool = False) -> tuple[str, bytes]:
        (tmp_path / "image").write_bytes(Image().encode())
        requests = [frame(DESCRIBE, 1), frame(INPUT, 2, bytes(8) + DATA), frame(kind, 3, payload)]
        if again:
            requests.append(requests[-1])
        finished = subprocess.run(
            [str(gated_firmware), str(tmp_path / "image"), "80", "7"],
            input=b"\0" + b"".join(requests), capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        described, written, *answers = finished.stdout.split(b"\0")[:-1]
        assert described
        assert written
        pins = answers[0][: len(answers[0]) - len(answers[0].lstrip(b"HLOoc"))]
        if again:
            assert answers[1] == answers[0].removeprefix(pins)
        return pins.decode(), answers[0].removeprefix(pins) + b"\0"

    return ask


# The pin is asked for first, so it is lowered once more than it was raised.
@pytest.mark.parametrize(
    ("mode", "edges"),
    [(LEVEL, "LLcHcL"), (PULSE, "LHcLHcL"), (OPERATORS, "LoLcHOoOoOoOoOcL")],
)
def test_the_gate_moves_around_all_inferences(told: Told, mode: int, edges: str) -> None:
    """Two of warming up and three that count: a window lasts 7 ticks, an operator's as well."""
    pins, answer = told(METERED, metered(mode, 2, 3))
    assert pins == edges
    (one,) = frames(answer)
    ticks = 3 * 7 * (2 if mode == OPERATORS else 1)
    clock = (2**32 - 1, 1499, 1_000_000)
    assert (one.type, one.sequence) == (0x89, 3)
    assert one.payload == (
        struct.pack("<HHI5QI", 5, 1, 0, ticks, 3, *clock, 16) + bytes(b + 1 for b in DATA)
    )


@pytest.mark.parametrize(
    ("kind", "payload", "edges"),
    [(RUN, struct.pack("<HH", 1, 2), "HLHLHL"), (PROFILE, bytes(4), "HLHLHL")],
)
def test_other_requests_gate_each_window(told: Told, kind: int, payload: bytes, edges: str) -> None:
    assert told(kind, payload)[0] == edges


def test_asked_again_it_is_not_run_again(told: Told) -> None:
    pins, _ = told(METERED, metered(LEVEL, 0, 1), again=True)
    assert pins == "LLcHcL"


@pytest.mark.parametrize(("mode", "repeats"), [(0, 1), (4, 1), (LEVEL, 0), (0xFFFF, 1)])
def test_what_makes_no_sense_is_refused_and_moves_no_pin(
    told: Told, mode: int, repeats: int
) -> None:
    pins, answer = told(METERED, metered(mode, 0, repeats))
    assert pins == ""
    (one,) = frames(answer)
    assert (refusal(one).code, refusal(one).detail) == (BAD_REQUEST, mode)


@pytest.mark.parametrize("size", [0, 4, 7, 9])
def test_a_request_of_another_size_is_refused(told: Told, size: int) -> None:
    _, answer = told(METERED, bytes(size))
    (one,) = frames(answer)
    assert (refusal(one).code, refusal(one).detail) == (BAD_REQUEST, size)


@pytest.mark.parametrize("mode", [LEVEL, PULSE, OPERATORS])
def test_without_a_pin_it_is_refused(converse: Callable[..., bytes], mode: int) -> None:
    wire = frame(DESCRIBE, 1) + frame(METERED, 2, metered(mode, 0, 1))
    _, answer = frames(converse(Image().encode(), b"\0" + wire))
    assert (refusal(answer).code, refusal(answer).detail) == (NO_PIN, mode)
