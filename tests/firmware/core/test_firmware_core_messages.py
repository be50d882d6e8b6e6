"""Requests and answers of the whole firmware, byte for byte as firmware/PROTOCOL.md says."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from plain_frames import Frame, Refusal, frame, frames, refusal
from plain_image import RESHAPE, SHA, Image, Operator, Tensor, softmax, two_operators

HELLO, DESCRIBE, INPUT, RUN, PROFILE, BAUD = 1, 2, 3, 4, 5, 8
IN_FLIGHT = 131
NONE = 0xFFFF
DATA = bytes(range(16))
Converse = Callable[..., bytes]


def input_request(data: bytes, index: int = 0, offset: int = 0) -> bytes:
    return struct.pack("<HHI", index, 0, offset) + data


def run_request(warmup: int = 0, repeats: int = 1) -> bytes:
    return struct.pack("<HH", warmup, repeats)


def ask(
    converse: Converse, *requests: tuple[int, bytes], image: bytes | None = None, **options: int
) -> list[Frame]:
    """Send requests numbered from 1; every one is answered once, in order, with its number."""
    wire = b"\0" + b"".join(frame(k, n, p) for n, (k, p) in enumerate(requests, 1))
    answers = list(frames(converse(Image().encode() if image is None else image, wire, **options)))
    assert [answer.sequence for answer in answers] == list(range(1, len(requests) + 1))
    return answers


@pytest.mark.parametrize("version", [0, 1, 2, 0xFFFF])
def test_hello_is_answered_whatever_the_version(converse: Converse, version: int) -> None:
    (answer,) = ask(converse, (HELLO, struct.pack("<H", version)))
    assert answer.type == 0x81
    fields = struct.unpack_from("<HHIII", answer.payload)
    assert fields == (2, 1024, 4096, 1_000_000, 1_000_000)
    slot, slot_bytes, arena, arena_bytes = struct.unpack_from("<4I", answer.payload, 16)
    assert slot % 16 == arena % 16 == 0
    assert (slot_bytes, arena_bytes) == (len(Image().encode()), 80)
    assert answer.payload[32:52] == bytes(range(20))
    assert answer.payload[52:] == b"\x04host\x04test\x04none"


def test_describe(converse: Converse) -> None:
    image = Image().encode()
    (answer,) = ask(converse, (DESCRIBE, b""))
    assert answer.type == 0x82
    assert answer.payload[:4] == image[12:16]
    assert answer.payload[4:] == (
        struct.pack("<I", len(image)) + SHA + struct.pack("<IHH", 80, 1, 1)
        + struct.pack("<II", 16, 16) + struct.pack("<HHII", 2, 0, 0, 32)
    )  # fmt: skip


def test_run_gives_ticks_and_outputs(converse: Converse) -> None:
    *_, set_input, answer = ask(
        converse, (DESCRIBE, b""), (INPUT, input_request(DATA)), (RUN, run_request(2, 3)), ticks=7
    )
    assert (set_input.type, set_input.payload) == (0x83, b"")
    assert answer.type == 0x84
    assert answer.payload == (
        struct.pack("<HHI3QI", 3, 1, 0, 7, 7, 7, 16) + bytes(b + 1 for b in DATA)
    )


def test_the_input_survives_a_network_that_overwrites_it(converse: Converse) -> None:
    """Input and output share their place, so a repeat without a new copy would add twice."""
    image = Image([Tensor(0)], [Operator(25, [0], [0], softmax())], outputs=(0,), arena_bytes=16)
    answers = ask(
        converse, (DESCRIBE, b""), (INPUT, input_request(DATA)), (RUN, run_request(3, 2)),
        (RUN, run_request()), image=image.encode(),
    )  # fmt: skip
    for answer in answers[2:]:
        assert answer.payload[-16:] == bytes(b + 1 for b in DATA)


def test_input_comes_in_pieces_and_stays_within_its_tensor(converse: Converse) -> None:
    pieces = [(INPUT, input_request(DATA[at : at + 5], 0, at)) for at in (10, 0, 5, 15)]
    answers = ask(converse, (DESCRIBE, b""), *pieces, (RUN, run_request()))
    assert answers[-1].payload[-16:] == bytes(b + 1 for b in DATA)


def test_the_largest_repeats(converse: Converse) -> None:
    answer = ask(converse, (DESCRIBE, b""), (RUN, run_request(0, 1024)))[1]
    assert answer.payload[:8] == struct.pack("<HHI", 1024, 1, 0)
    assert len(answer.payload) == 8 + 8 * 1024 + 4 + 16


def test_profile_gives_a_window_more_than_operators_and_the_same_outputs(
    converse: Converse,
) -> None:
    """RESHAPE and SOFTMAX, each with a window of its own, after the empty one."""
    *_, answer, run = ask(
        converse, (DESCRIBE, b""), (INPUT, input_request(DATA)),
        (PROFILE, struct.pack("<HH", 2, 0)), (RUN, run_request()), ticks=7,
    )  # fmt: skip
    assert answer.type == 0x85
    assert answer.payload == (
        struct.pack("<HHI3QI", 3, 1, 0, 7, 7, 7, 16) + bytes(b + 1 for b in DATA)
    )
    assert run.payload == struct.pack("<HHIQI", 1, 1, 0, 7, 16) + bytes(b + 1 for b in DATA)


def test_profile_of_more_operators_than_there_are_windows(converse: Converse) -> None:
    """1,023 operators and the empty window fill all that there are."""
    for operators, type_ in ((1023, 0x85), (1024, 0xFF)):
        image = Image(
            [Tensor(0)], [Operator(25, [0], [0], softmax())] * operators, outputs=(0,),
            arena_bytes=16,
        )  # fmt: skip
        _, answer = ask(
            converse, (DESCRIBE, b""), (PROFILE, struct.pack("<HH", 0, 0)), image=image.encode()
        )
        assert answer.type == type_
        if type_ == 0x85:
            assert answer.payload[:8] == struct.pack("<HHI", 1024, 1, 0)
            assert answer.payload[-16:] == bytes([1023 % 256] * 16)
        else:
            assert refusal(answer) == Refusal(1, NONE, 1025, "operators")


BAD = [
    (0x0A, b"", 10, "type"),
    (BAUD, bytes(3), 3, "payload size"),
    (0x00, b"", 0, "type"),
    (0x81, b"", 0x81, "type"),
    (0xFF, b"", 0xFF, "type"),
    (HELLO, b"", 0, "payload size"),
    (HELLO, bytes(3), 3, "payload size"),
    (DESCRIBE, b"\0", 1, "payload size"),
    (RUN, bytes(3), 3, "payload size"),
    (RUN, bytes(5), 5, "payload size"),
    (PROFILE, b"", 0, "payload size"),
    (PROFILE, bytes(5), 5, "payload size"),
    (RUN, run_request(1, 0), 0, "repeats"),
    (RUN, run_request(0, 1025), 1025, "repeats"),
    (INPUT, bytes(7), 7, "payload size"),
    (INPUT, input_request(b"", index=1), 1, "input index"),
    (INPUT, input_request(b"", index=0xFFFF), 0xFFFF, "input index"),
    (INPUT, input_request(bytes(17)), 0, "input offset"),
    (INPUT, input_request(b"x", offset=16), 16, "input offset"),
    (INPUT, input_request(b"", offset=17), 17, "input offset"),
    (INPUT, input_request(b"xx", offset=0xFFFFFFFF), -1, "input offset"),
]


@pytest.mark.parametrize(("kind", "payload", "detail", "text"), BAD)
def test_bad_requests(
    converse: Converse, kind: int, payload: bytes, detail: int, text: str
) -> None:
    answers = ask(converse, (DESCRIBE, b""), (kind, payload), (RUN, run_request()))
    assert refusal(answers[1]) == Refusal(1, NONE, detail, text)
    assert answers[2].type == 0x84


def test_flags_are_refused(converse: Converse) -> None:
    (answer,) = frames(converse(Image().encode(), frame(HELLO, 5, b"\1\0", flags=0x80)))
    assert refusal(answer) == Refusal(1, NONE, 0x80, "flags")


@pytest.mark.parametrize(
    "request_",
    [(INPUT, input_request(DATA)), (RUN, run_request()), (PROFILE, struct.pack("<HH", 0, 0))],
)
def test_nothing_runs_before_describe(converse: Converse, request_: tuple[int, bytes]) -> None:
    (answer,) = ask(converse, request_)
    assert refusal(answer) == Refusal(2, NONE, 0x31494D48, "DESCRIBE was not asked, or failed")


def test_nothing_runs_after_a_describe_that_failed(converse: Converse) -> None:
    image = Image(header={"crc32": 5}).encode()
    describe, run = ask(converse, (DESCRIBE, b""), (RUN, run_request()), image=image)
    assert refusal(describe) == Refusal(3, NONE, 3, "image crc")
    assert refusal(run).code == 2


def test_no_kernel_names_operator_and_opcode(converse: Converse) -> None:
    tensors, operators = two_operators()
    operators[1].opcode = 18
    answer = ask(converse, (DESCRIBE, b""), image=Image(tensors, operators).encode())[0]
    assert refusal(answer) == Refusal(4, 1, 18, "no kernel for this operator")


def test_a_kernel_that_fails_in_the_window(converse: Converse) -> None:
    tensors, operators = two_operators()
    operators[1].params = softmax(status=-2)
    _, *answers = ask(
        converse, (DESCRIBE, b""), (RUN, run_request()), (PROFILE, bytes(4)),
        image=Image(tensors, operators).encode(),
    )  # fmt: skip
    assert [refusal(answer) for answer in answers] == [Refusal(7, 1, -2, "SOFTMAX")] * 2


def test_the_operator_in_flight_is_known_while_it_is_prepared_and_while_it_runs(
    converse: Converse,
) -> None:
    """What a fault handler would report: IN_FLIGHT asks from inside the kernels, three in a row."""
    tensors = [Tensor(16 * n) for n in range(3)]
    operators = [Operator(IN_FLIGHT, [], [n], scratch=(48, 16)) for n in range(3)]
    image = Image(tensors, operators, outputs=(0, 1, 2))
    describe, run, profile = ask(
        converse, (DESCRIBE, b""), (RUN, run_request(1, 2)), (PROFILE, bytes(4)),
        image=image.encode(),
    )  # fmt: skip
    assert describe.payload[-12:] == struct.pack("<3I", 1, 2, 3)
    for reply, windows in ((run, 2), (profile, 4)):
        outputs = reply.payload[8 + windows * 8 :]
        found = [outputs[4 + 20 * n : 6 + 20 * n] for n in range(3)]
        assert found == [b"\0\0", b"\1\0", b"\2\0"]


def test_scratch_too_small_is_described_but_not_run(converse: Converse) -> None:
    tensors, operators = two_operators()
    operators[1].scratch = (48, 16)
    describe, run, profile = ask(
        converse, (DESCRIBE, b""), (RUN, run_request()), (PROFILE, bytes(4)),
        image=Image(tensors, operators).encode(),
    )  # fmt: skip
    assert describe.payload[-8:] == struct.pack("<II", 0, 32)
    assert refusal(run) == refusal(profile) == Refusal(6, 1, 32, "SOFTMAX")


def test_a_counter_that_overflowed_gives_no_number(converse: Converse) -> None:
    _, *answers = ask(
        converse, (DESCRIBE, b""), (RUN, run_request()), (PROFILE, bytes(4)), ticks=2**64 - 1
    )
    for answer in answers:
        assert refusal(answer) == Refusal(8, NONE, 0, "the window outlasted the counter")


def test_an_arena_too_small(converse: Converse) -> None:
    (answer,) = ask(converse, (DESCRIBE, b""), arena=64)
    assert refusal(answer) == Refusal(5, NONE, 80, "arena")


def test_an_image_of_many_outputs_has_a_long_reply(converse: Converse) -> None:
    tensors = [Tensor(0, dims=(1, 1, 100, 100))]
    image = Image(tensors, [Operator(RESHAPE, [0], [0])], outputs=(0,) * 20, arena_bytes=10000)
    answer = ask(
        converse, (DESCRIBE, b""), (RUN, run_request()), image=image.encode(), arena=10000
    )[1]
    assert answer.payload[16:] == (struct.pack("<I", 10000) + bytes(10000)) * 20


def test_garbage_and_oversize_frames_between_requests(converse: Converse) -> None:
    hello = frame(HELLO, 3, b"\1\0")
    wire = b"noise" + hello[:4] + b"\0" + frame(INPUT, 9, bytes(5000)) + hello[1:] + hello + hello
    answers = list(frames(converse(Image().encode(), wire)))
    assert [(answer.type, answer.sequence) for answer in answers] == [(0x81, 3)] * 2
