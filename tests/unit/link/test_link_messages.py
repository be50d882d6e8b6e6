"""Messages: replies of a known device to domain values, and every wrong length refused."""

from __future__ import annotations

import contextlib
import struct

import pytest
from devices.scripted import ScriptedDevice, text
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.device import Identity, LoadedModel, ProfileReply, Reply
from harness.domain.target import Region
from harness.errors import (
    BadFrame,
    DeviceError,
    DeviceFault,
    HarnessError,
    ImageTooLarge,
    KernelRefused,
    Saturated,
    UnsupportedOperator,
    VersionMismatch,
    WrongModel,
)
from harness.link import messages
from harness.link.refusals import Refusal, as_error, decode_refusal

HELLO = ScriptedDevice().hello()
DESCRIBE = ScriptedDevice().describe()
RUN = ScriptedDevice(input_bytes=3).run(struct.pack("<HH", 0, 2))
PROFILE = ScriptedDevice(input_bytes=3, ticks=400).profile(struct.pack("<HH", 0, 0))


def test_requests_have_the_layout_of_the_protocol() -> None:
    assert messages.hello_request() == b"\x02\x00"
    assert messages.input_request(2, 0x1234, b"\x80\x7f") == bytes.fromhex("0200000034120000807f")
    assert messages.run_request(1, 1000) == bytes.fromhex("0100e803")
    assert messages.profile_request(0x102) == bytes.fromhex("02010000")


@pytest.mark.parametrize(("warmup", "repeats"), [(0, 0), (-1, 1), (65536, 1), (0, 65536)])
def test_a_run_that_the_message_cannot_hold_is_refused(warmup: int, repeats: int) -> None:
    with pytest.raises(ValueError, match="the message holds 0 or 1 to 65535"):
        messages.run_request(warmup, repeats)


@pytest.mark.parametrize("warmup", [-1, 65536])
def test_a_profile_that_the_message_cannot_hold_is_refused(warmup: int) -> None:
    with pytest.raises(ValueError, match="the message holds 0 to 65535"):
        messages.profile_request(warmup)


def test_hello_decodes_to_an_identity() -> None:
    assert messages.decode_hello(HELLO) == Identity(
        protocol_version=2,
        build_id="000102030405060708090a0b0c0d0e0f10111213",
        target="mps2-an500",
        kernel_set="cmsis-nn",
        clock_hz=25_000_000,
        counter="systick-icount",
        counter_hz=25_000_000,
        model_slot=Region(0x21000000, 0x01000000),
        arena=Region(0x20008000, 0x30000),
        max_payload=520,
        receive_window=1200,
    )


def test_describe_decodes_to_a_loaded_model() -> None:
    assert messages.decode_describe(DESCRIBE) == LoadedModel(
        image_crc32=0xDEADBEEF,
        image_bytes=4096,
        source_sha256="000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        arena_bytes=16_000,
        input_bytes=(490,),
        output_bytes=(490,),
        scratch_needed=(0, 512),
    )


def test_run_decodes_to_a_reply() -> None:
    wide = struct.pack("<HHIQ", 1, 2, 7, 2**40) + struct.pack("<I", 1) + b"a" + struct.pack("<I", 0)
    assert messages.decode_run(RUN, 2) == Reply((7_628_160, 7_628_161), 0, (b"\xff\xff\xff",))
    assert messages.decode_run(wide, 1) == Reply((2**40,), 7, (b"a", b""))


def test_profile_decodes_to_the_empty_window_and_one_per_operator() -> None:
    wide = struct.pack("<HHI2Q", 2, 0, 7, 3, 2**40)
    assert messages.decode_profile(PROFILE, 2) == ProfileReply(1, (300, 100), 0, (b"\xff" * 3,))
    assert messages.decode_profile(wide, 1) == ProfileReply(3, (2**40,), 7, ())


@pytest.mark.parametrize("operators", [0, 1, 3])
def test_a_profile_of_another_number_of_operators_is_refused(operators: int) -> None:
    said = f"the reply to PROFILE holds 3 windows, wanted {operators + 1}"
    with pytest.raises(BadFrame, match=said):
        messages.decode_profile(PROFILE, operators, "here")


@pytest.mark.parametrize("length", range(len(PROFILE)))
def test_a_profile_cut_short_names_message_and_bytes(length: int) -> None:
    with pytest.raises(BadFrame, match=rf"reply to PROFILE has {length} bytes, wanted at least"):
        messages.decode_profile(PROFILE[:length], 2)


@pytest.mark.parametrize("length", range(2, len(HELLO)))
def test_a_hello_cut_short_names_message_and_bytes(length: int) -> None:
    with pytest.raises(BadFrame, match=rf"reply to HELLO has {length} bytes, wanted at least"):
        messages.decode_hello(HELLO[:length], "here")


@pytest.mark.parametrize("length", range(len(DESCRIBE)))
def test_a_describe_cut_short_names_message_and_bytes(length: int) -> None:
    with pytest.raises(BadFrame, match=rf"reply to DESCRIBE has {length} bytes, wanted at least"):
        messages.decode_describe(DESCRIBE[:length])


@pytest.mark.parametrize("length", range(len(RUN)))
def test_a_run_cut_short_names_message_and_bytes(length: int) -> None:
    with pytest.raises(BadFrame, match=rf"reply to RUN has {length} bytes, wanted at least"):
        messages.decode_run(RUN[:length], 2)


def test_bytes_left_over_are_refused_with_what_was_wanted() -> None:
    with pytest.raises(BadFrame, match=rf"has {len(HELLO) + 1} bytes, wanted {len(HELLO)}"):
        messages.decode_hello(HELLO + b"x")
    with pytest.raises(BadFrame, match=rf"has {len(DESCRIBE) + 1} bytes, wanted {len(DESCRIBE)}"):
        messages.decode_describe(DESCRIBE + b"x")
    with pytest.raises(BadFrame, match=rf"has {len(RUN) + 1} bytes, wanted {len(RUN)}"):
        messages.decode_run(RUN + b"x", 2)
    with pytest.raises(BadFrame, match=rf"has {len(PROFILE) + 1} bytes, wanted {len(PROFILE)}"):
        messages.decode_profile(PROFILE + b"x", 2)
    with pytest.raises(BadFrame, match="the reply to INPUT has 1 bytes, wanted 0"):
        messages.decode_input(b"x", "here")


def test_another_version_is_told_apart_before_the_rest_is_read() -> None:
    with pytest.raises(VersionMismatch) as caught:
        messages.decode_hello(b"\x01\x00 of which the rest means nothing here", "/dev/ttyACM0")
    assert str(caught.value) == (
        "/dev/ttyACM0: the device speaks protocol version 1, this harness 2\n"
        "  -> Flash firmware that this harness built, or install the harness it belongs to."
    )


@pytest.mark.parametrize(
    ("offset", "value", "said"),
    [(2, b"\x08\x00", "a payload of 8 bytes"), (8, bytes(4), "a clock of 0 Hz")],
)
def test_values_that_no_firmware_can_have_are_refused(offset: int, value: bytes, said: str) -> None:
    payload = HELLO[:offset] + value + HELLO[offset + len(value) :]
    with pytest.raises(BadFrame, match=said):
        messages.decode_hello(payload)


def test_a_string_beyond_ascii_is_refused() -> None:
    payload = HELLO.replace(b"mps2-an500", b"mps2-an5\xc3\xa9")
    with pytest.raises(BadFrame, match="not ASCII"):
        messages.decode_hello(payload)


def test_another_number_of_repeats_is_refused() -> None:
    with pytest.raises(BadFrame, match="the reply to RUN holds 2 repeats, wanted 3"):
        messages.decode_run(RUN, 3)


@given(st.binary(max_size=200))
def test_any_payload_decodes_or_raises_one_of_ours(payload: bytes) -> None:
    for decode in (
        messages.decode_hello,
        messages.decode_describe,
        lambda data: messages.decode_run(data, 1),
        decode_refusal,
    ):
        with contextlib.suppress(BadFrame, VersionMismatch):
            decode(payload)


def refusal(code: int, operator: int = 0xFFFF, detail: int = 0, said: str = "") -> Refusal:
    return decode_refusal(struct.pack("<HHi", code, operator, detail) + text(said))


def error_for(code: int, operator: int = 0xFFFF, detail: int = 0, said: str = "") -> HarnessError:
    operators = ("CONV_2D", "SOFTMAX")
    return as_error(refusal(code, operator, detail, said), "RUN", "dev", operators, 4096)


def test_the_operator_of_a_refusal_is_none_where_it_belongs_to_none() -> None:
    assert refusal(4, 25, -1, "SOFTMAX") == Refusal(4, 25, -1, "SOFTMAX")
    assert refusal(8).operator is None


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (error_for(1, said="size"), DeviceError, "the device refused RUN (size): unknown, of the"),
        (error_for(2, detail=-1), WrongModel, "no model image is loaded: the slot starts with the "
         "word 0xffffffff"),
        (error_for(3, detail=3), WrongModel, "model image in its slot: CRC-32 is wrong"),
        (error_for(3, 1, 5), WrongModel, "an operator record is wrong, operator 1 (SOFTMAX)"),
        (error_for(3, detail=9), WrongModel, "check 9 is wrong"),
        (error_for(4, 5, 114), UnsupportedOperator, "no kernel for operator 5, opcode 114"),
        (error_for(5, detail=54_980), ImageTooLarge, "needs 54,980 bytes and has 4,096"),
        (error_for(6, 0, 512), WrongModel, "too little scratch for operator 0 (CONV_2D): its "
         "kernel needs 512 bytes"),
        (error_for(7, 1, -1, "SOFTMAX"), KernelRefused, "the kernel of operator 1 (SOFTMAX) "
         "returned status -1 to RUN, argument error: its parameters, shapes or types do not fit "
         "each other"),
        (error_for(7, 0, -2, "FAST_CONV"), KernelRefused, "the kernel of operator 0 (CONV_2D) "
         "(FAST_CONV) returned status -2 to RUN, no implementation: it is sound, but of a shape "
         "or kind that this kernel set cannot do"),
        (error_for(7, 9, -3, "ADD"), KernelRefused, "the kernel of operator 9 (ADD) returned "
         "status -3 to RUN, failure: a logical error inside the kernel"),
        (error_for(8), Saturated, "one inference took longer than the device's counter can tell"),
        (error_for(10, detail=40_000), DeviceError, "too small: the inputs need 40,000 bytes"),
        (error_for(77, detail=3, said="?"), DeviceError, "unknown error code 77, detail 3 (?)"),
    ],
)  # fmt: skip
def test_each_code_becomes_the_error_that_says_whose_turn_it_is(
    error: HarnessError, kind: type[HarnessError], said: str
) -> None:
    assert type(error) is kind
    assert said in error.what
    assert error.where == "dev"
    assert error.hint


def test_a_refused_kernel_carries_operator_and_status() -> None:
    error = error_for(7, 1, -3)
    assert isinstance(error, KernelRefused)
    assert (error.operator, error.status) == (1, -3)


def test_a_status_of_the_kernel_s_own_has_no_meaning_made_up_for_it() -> None:
    error = error_for(7, 1, -40)
    assert error.what == "the kernel of operator 1 (SOFTMAX) returned status -40 to RUN"
    assert "`--kernels reference`" in error.hint


def test_a_fault_names_its_causes_and_carries_the_registers() -> None:
    # CFSR 0x00028200: BFARVALID and PRECISERR in the bus fault byte, INVSTATE in the usage half.
    error = error_for(9, 0, 0x00028200, "pc=00001234 lr=0x00005679 hfsr=40000000 bfar=e000edf0")
    assert isinstance(error, DeviceFault)
    assert error.registers == {
        "pc": 0x1234,
        "lr": 0x5679,
        "hfsr": 0x40000000,
        "bfar": 0xE000EDF0,
        "cfsr": 0x28200,
    }
    assert error.what == (
        "the processor took a fault in operator 0 (CONV_2D): PRECISERR, INVSTATE; pc=0x00001234 "
        "lr=0x00005679 hfsr=0x40000000 bfar=0xe000edf0 cfsr=0x00028200"
    )


def test_a_fault_without_a_cause_says_so() -> None:
    assert "no cause in CFSR" in error_for(9, said="pc=0 lr=0").what
