"""What is lost is asked for again, and what was run is never run twice."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from plain_frames import Frame, Refusal, frame, frames, refusal
from plain_image import Image, two_operators

HELLO, DESCRIBE, INPUT, RUN, PROFILE, POOL, RUN_SAMPLE, BAUD = 1, 2, 3, 4, 5, 6, 7, 8
NO_MODEL, LOST = 2, 11
NONE = 0xFFFF
RUNNING = (frame(HELLO, 1, b"\2\0"), frame(DESCRIBE, 2))
Converse = Callable[..., bytes]


def set_input(sequence: int, value: int) -> bytes:
    return frame(INPUT, sequence, struct.pack("<HHI", 0, 0, 0) + bytes([value] * 16))


def run(sequence: int, repeats: int = 1) -> bytes:
    return frame(RUN, sequence, struct.pack("<HH", 0, repeats))


def profile(sequence: int) -> bytes:
    return frame(PROFILE, sequence, bytes(4))


def heard(converse: Converse, *wire: bytes, image: bytes | None = None) -> list[Frame]:
    """The answers after those to HELLO and DESCRIBE."""
    answers = list(
        frames(converse(Image().encode() if image is None else image, b"".join((*RUNNING, *wire))))
    )
    assert [answer.type for answer in answers[:2]] == [0x81, 0x82]
    return answers[2:]


def lost(answer: Frame, awaited: int) -> bool:
    return answer.sequence == awaited and refusal(answer) == Refusal(LOST, NONE, 0, "")


@pytest.mark.parametrize(("request_", "kind"), [(run, 0x84), (profile, 0x85)])
def test_a_repeated_request_gets_the_kept_answer_and_nothing_runs(
    converse: Converse, request_: Callable[[int], bytes], kind: int
) -> None:
    """The input changes in between: had it run again, the output would have changed."""
    answers = heard(converse, set_input(3, 5), request_(4), set_input(5, 9), request_(4), run(6))
    assert [answer.type for answer in answers] == [0x83, kind, 0x83, kind, 0x84]
    assert answers[3] == answers[1]
    assert answers[1].payload[-16:] == bytes([6] * 16)
    assert answers[4].payload[-16:] == bytes([10] * 16)


def test_a_refusal_is_kept_too(converse: Converse) -> None:
    tensors, operators = two_operators()
    operators[1].scratch = (48, 16)
    first, again = heard(converse, run(3), run(3), image=Image(tensors, operators).encode())
    assert refusal(first).code == 6
    assert again == first


def test_nothing_runs_with_an_input_that_was_lost(converse: Converse) -> None:
    early, lost_run, late, ran = heard(converse, set_input(4, 9), run(5), set_input(3, 1), run(4))
    assert lost(early, 3)
    assert lost(lost_run, 3)
    assert (late.type, ran.type) == (0x83, 0x84)
    assert ran.payload[-16:] == bytes([2] * 16)


def test_an_input_that_comes_again_overwrites_none_that_came_since(converse: Converse) -> None:
    first, _, _, again, ran = heard(
        converse, set_input(3, 5), run(4), set_input(5, 9), set_input(3, 5), run(6)
    )
    assert again == first
    assert ran.payload[-16:] == bytes([10] * 16)


def test_an_input_that_was_refused_is_refused_again(converse: Converse) -> None:
    beyond = frame(INPUT, 3, struct.pack("<HHI", 0, 0, 8) + bytes(16))
    first, again = heard(converse, beyond, beyond)
    assert refusal(first) == Refusal(1, NONE, 8, "input offset")
    assert again == first


def test_an_old_run_is_neither_run_nor_answered(converse: Converse) -> None:
    *_, old = heard(converse, run(3), run(4), run(3))
    assert lost(old, 5)


def test_a_run_is_not_answered_by_a_profile_of_the_same_number(converse: Converse) -> None:
    """A number means one request; the host that breaks this hears the answer it had."""
    first, again = heard(converse, run(3), profile(3))
    assert again == first


@pytest.mark.parametrize("forget", [frame(HELLO, 2, b"\2\0"), frame(DESCRIBE, 2)])
def test_a_handshake_forgets_the_kept_answer(converse: Converse, forget: bytes) -> None:
    *_, again = heard(converse, set_input(3, 1), set_input(4, 1), run(5), forget, run(5))
    assert lost(again, 3)


def test_a_damaged_frame_is_asked_for_again_once_somebody_has_greeted(converse: Converse) -> None:
    damaged = bytearray(set_input(3, 1))
    damaged[-9] ^= 0x40  # the value, so that no delimiter comes of it
    answers = heard(converse, bytes(damaged), run(4), set_input(3, 1), run(4))
    assert lost(answers[0], 3)
    assert lost(answers[1], 3)
    assert [answer.type for answer in answers[2:]] == [0x83, 0x84]


def test_before_any_hello_nobody_is_asked(converse: Converse) -> None:
    wire = b"\5noise\0" + frame(DESCRIBE, 1) + run(9) + b"more\0" + run(2)
    answers = list(frames(converse(Image().encode(), wire)))
    assert [(answer.type, answer.sequence) for answer in answers] == [(0x82, 1), (0x84, 2)]


def test_numbers_go_on_after_65535(converse: Converse) -> None:
    wire = [frame(DESCRIBE, 65533), set_input(65534, 1), run(65535), set_input(0, 4), run(1)]
    describe, *answers = heard(converse, *wire, run(1))
    assert describe.type == 0x82
    assert [answer.sequence for answer in answers] == [65534, 65535, 0, 1, 1]
    assert [answer.type for answer in answers] == [0x83, 0x84, 0x83, 0x84, 0x84]
    assert answers[3] == answers[4]


OF_A_MODEL = {
    "INPUT": (INPUT, bytes(24)),
    "RUN": (RUN, b"\0\0\1\0"),
    "PROFILE": (PROFILE, bytes(4)),
    "POOL": (POOL, b""),
    "RUN_SAMPLE": (RUN_SAMPLE, bytes(12)),
}


@pytest.mark.parametrize("sequence", [0, 1, 7, 32767, 32768, 65535])
@pytest.mark.parametrize("request_", OF_A_MODEL.values(), ids=OF_A_MODEL)
@pytest.mark.parametrize("before", [b"", b"\xbe#K2,profile%"], ids=["reset", "reset in an INPUT"])
def test_a_device_that_was_reset_tells_it_to_whatever_number_comes(
    converse: Converse, before: bytes, request_: tuple[int, bytes], sequence: int
) -> None:
    """The rest of an INPUT that a reset cut may read as a text command, which loads the model."""
    kind, payload = request_
    said = converse(Image().encode(), before + b"\0" + frame(kind, sequence, payload))
    (answer,) = frames(said[said.find(b"m-ready\r\n") + 9 if before else 0 :])
    assert answer.sequence == sequence
    assert refusal(answer).code == NO_MODEL


def test_a_model_that_a_command_loaded_is_loaded_for_frames_by_describe(converse: Converse) -> None:
    said = converse(Image().encode(), b"profile%\0" + frame(DESCRIBE, 2) + run(3))
    describe, ran = frames(said[said.find(b"m-ready\r\n") + 9 :])
    assert (describe.type, ran.type) == (0x82, 0x84)


@pytest.mark.parametrize(("greeting", "code"), [(b"", NO_MODEL), (RUNNING[0], LOST)])
def test_a_rate_that_is_asked_for_too_early_is_refused_by_who_was_not_greeted(
    converse: Converse, greeting: bytes, code: int
) -> None:
    *_, answer = frames(converse(Image().encode(), greeting + frame(BAUD, 9, bytes(4))))
    assert refusal(answer).code == code
