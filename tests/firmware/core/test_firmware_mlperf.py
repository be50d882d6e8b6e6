"""MLPerf Tiny's text protocol, reply by reply, against its description and not against our code."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from plain_frames import frame, frames
from plain_image import RESHAPE, SHA, SOFTMAX, Image, Operator, Tensor, softmax

Converse = Callable[..., bytes]
READY = "m-ready"
WINDOW = 5 * 128  # features of ad01's window


def model(size: int, *, zero_point: int = -128, scale: float = 1 / 256, add: int = 0) -> bytes:
    """An image whose output is its input plus `add`; the input has the same quantisation."""
    quantised = {"dims": (1, 1, 1, size), "zero_point": zero_point, "scale": scale}
    aligned = -(-size // 16) * 16
    return Image(
        tensors=[Tensor(0, **quantised), Tensor(aligned, **quantised)],
        operators=[Operator(SOFTMAX, [0], [1], softmax(add=add))],
        outputs=(1,),
        arena_bytes=2 * aligned,
    ).encode()


def talk(converse: Converse, image: bytes, *commands: str, ticks: int = 1) -> list[list[str]]:
    """Say commands; return each reply's lines but for the last, which says that it is the last."""
    said = "".join(f"{command}%" for command in commands).encode()
    text = converse(image, said, arena=1 << 17, ticks=ticks).decode("ascii")
    assert text.endswith("\r\n")
    assert text.replace("\r\n", "").isprintable()
    replies = text.replace("\r\n", "\n").split(f"{READY}\n")
    assert replies.pop() == ""
    assert len(replies) == len(commands)
    return [reply.splitlines() for reply in replies]


def loaded(data: bytes, chunk: int = 31) -> list[str]:
    parts = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    return [f"db load {len(data)}", *(f"db {part.hex()}" for part in parts)]


@pytest.mark.parametrize(
    ("size", "name"),
    [(490, "kws01"), (3072, "ic01"), (27648, "vww01"), (640, "ad01"), (16, "none")],
)
def test_name_and_profile(converse: Converse, size: int, name: str) -> None:
    assert talk(converse, model(size), "name", "profile") == [
        ["m-name-dut-[host]"],
        ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", f"m-model-[{name}]"],
    ]


def test_an_input_is_loaded_in_chunks_and_read_back(converse: Converse) -> None:
    data = bytes(n % 251 for n in range(490))
    *before, done, printed, part = talk(
        converse, model(490), *loaded(data), "db print", "db print 3 8"
    )
    assert before[0] == ["m-[Expecting 490 bytes]"]
    assert before[1:] == [[]] * 15
    assert done == ["m-load-done"]
    assert len(printed) == 62
    assert printed[0] == "m-buffer-00-01-02-03-04-05-06-07"
    assert bytes.fromhex("".join(line[9:].replace("-", "") for line in printed)) == data
    assert part == ["m-buffer-08-09-0a"]


def test_infer(converse: Converse) -> None:
    # Three quarters, one half, nothing: (q + 128) / 256 with the zero point -128.
    data = struct.pack("<16b", 64, 0, *[-128] * 14)
    *_, first, again = talk(converse, model(16), *loaded(data), "infer 3 2", "infer 1", ticks=700)
    zeros = ",".join(["0.000"] * 14)
    assert first == [
        "m-warmup-start-2",
        "m-warmup-done",
        "m-infer-start-3",
        f"m-lap-us-{2 * 700}",
        f"m-lap-us-{5 * 700}",
        "m-infer-done",
        f"m-results-[0.750,0.500,{zeros}]",
    ]
    assert again[0] == "m-warmup-start-10"
    assert again[3:5] == [f"m-lap-us-{15 * 700}", f"m-lap-us-{16 * 700}"]


def test_results_are_told_again(converse: Converse) -> None:
    *_, infer, results = talk(converse, model(16), *loaded(bytes(16)), "infer 1 0", "results")
    assert results == infer[-1:]


def test_a_time_of_more_than_32_bits(converse: Converse) -> None:
    ticks = 3_000_000_123
    *_, infer, stamp = talk(
        converse, model(16), *loaded(bytes(16)), "infer 4 0", "timestamp", ticks=ticks
    )
    assert infer[3:5] == ["m-lap-us-0", f"m-lap-us-{4 * ticks}"]
    assert stamp == [f"m-lap-us-{4 * ticks}"]


def test_unsigned_pixels_become_signed(converse: Converse) -> None:
    pixels = bytes(n * 7 % 256 for n in range(3072))
    *_, infer, printed, again = talk(
        converse, model(3072), *loaded(pixels), "infer 1 0", "db print 8", "infer 1 0"
    )
    values = [float(word) for word in infer[-1][len("m-results-[") : -1].split(",")]
    # The pixel itself over 256, to three digits.
    assert np.allclose(values, [pixel / 256 for pixel in pixels], atol=5.1e-4, rtol=0)
    assert printed == ["m-buffer-" + pixels[:8].hex("-")]
    assert again[-1] == infer[-1]


def test_the_error_of_a_window_is_its_score(converse: Converse) -> None:
    # Scale 1/2 and zero point 3; the network adds 4, which is 2.0: the error is 4 everywhere,
    # but for two values that the input's range cuts: 100.0 is 62.0 there.
    values = [float(n % 11) - 5 for n in range(WINDOW)]
    values[0] = values[1] = 100.0
    data = struct.pack(f"<{WINDOW}f", *values)
    *_, infer = talk(
        converse,
        model(WINDOW, zero_point=3, scale=0.5, add=-4 & 0xFF),
        *loaded(data),
        "infer 1 0",
    )
    cut = 127 - 4 - 3  # the largest input, and what the network makes of it
    expected = ((WINDOW - 2) * 4.0 + 2 * (100 - cut / 2) ** 2) / WINDOW
    assert infer[-1] == f"m-results-[{expected:.3f}]"


def test_no_command_is_not_answered(converse: Converse) -> None:
    assert converse(model(16), b"%%%\r\n%name%", arena=64) == b"m-name-dut-[host]\r\nm-ready\r\n"


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("bogus", "Unknown command: bogus"),
        ("namex", "Unknown command: namex"),
        ("db", "Command 'db' requires a subcommand"),
        ("db load", "Command 'db load' requires the # of bytes"),
        ("db load x", "Command 'db load' requires the # of bytes"),
        ("db load 0", "Command 'db load' must be >0 bytes"),
        ("db load 17", "Command 'db load' has more bytes than the model's input"),
        ("db load 999999999", "Command 'db load' requires the # of bytes"),
        ("db 012", "Insufficent number of hex digits"),
        ("db 01zz", "Invalid hex digit 'zz'"),
        ("infer", "Inference iterations must be >0"),
        ("infer 0", "Inference iterations must be >0"),
        ("infer 1 -1", "Inference warmup must be >=0"),
        ("x" * 300, "Unknown command: " + "x" * 80),
    ],
)
def test_errors(converse: Converse, command: str, error: str) -> None:
    replies = talk(converse, model(16), "db load 16", command, "name")
    assert replies[1:] == [[f"e-[{error}]"], ["m-name-dut-[host]"]]


def test_more_bytes_than_were_announced_go_nowhere(converse: Converse) -> None:
    *_, over, printed = talk(converse, model(16), "db load 2", "db 010203", "db print")
    assert over == ["m-load-done"]
    assert printed == ["m-buffer-01-02"]


def test_an_empty_slot(converse: Converse) -> None:
    assert talk(converse, bytes(96), "name", "profile") == [
        ["m-name-dut-[host]"],
        ["e-[no image in the slot]"],
    ]


def test_a_kernel_that_fails_ends_the_answer(converse: Converse) -> None:
    image = Image(
        tensors=[Tensor(0), Tensor(16)],
        operators=[Operator(SOFTMAX, [0], [1], softmax(status=-4))],
        outputs=(1,),
        arena_bytes=32,
    ).encode()
    *_, infer, name = talk(converse, image, *loaded(bytes(16)), "infer 1 0", "name")
    assert infer == ["m-warmup-start-0", "m-warmup-done", "m-infer-start-1", "m-lap-us-0",
                     "e-[SOFTMAX]"]  # fmt: skip
    assert name == ["m-name-dut-[host]"]


def test_frames_and_text_take_turns(converse: Converse) -> None:
    describe, hello = (2, b""), (1, struct.pack("<H", 2))
    wire = b"\0" + frame(1, 1, hello[1]) + b"name%" + frame(2, 2, describe[1]) + b"profile%"
    answer = converse(model(490), wire, arena=1 << 11)
    first, rest = answer.split(b"m-name-dut-[host]\r\nm-ready\r\n")
    second, text = rest[: rest.rindex(b"\0") + 1], rest[rest.rindex(b"\0") + 1 :]
    assert [got.type for got in (*frames(first), *frames(second))] == [0x81, 0x82]
    assert SHA in next(iter(frames(second))).payload
    assert text.endswith(b"m-model-[kws01]\r\nm-ready\r\n")


def test_percent_signs_in_frames_are_no_commands(converse: Converse) -> None:
    data = b"name%help%%db%" + bytes(2)
    image = Image(
        tensors=[Tensor(0), Tensor(16)], operators=[Operator(RESHAPE, [0], [1])], outputs=(1,),
        arena_bytes=32,
    ).encode()  # fmt: skip
    request = struct.pack("<HHI", 0, 0, 0) + data
    run = struct.pack("<HH", 0, 1)
    wire = b"\0" + frame(2, 1, b"") + frame(3, 2, request) + frame(4, 3, run)
    answers = list(frames(converse(image, wire)))
    assert [answer.type for answer in answers] == [0x82, 0x83, 0x84]
    assert answers[-1].payload.endswith(data)
