"""Framing of the remote serial protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.probe import rsp
from harness.probe.rsp import Acknowledged, Corrupt, Decoder, Packet, Rejected


def test_frames_as_the_manual_shows_them() -> None:
    # 0x67 and 0x6d30...: sums worked out by hand.
    assert rsp.encode(b"g") == b"$g#67"
    assert rsp.encode(b"OK") == b"$OK#9a"
    # `}` goes out as `}` and `}` xor 0x20; 0x7d + 0x5d = 0xda.
    assert rsp.encode(b"}") == b"$}]#da"


@given(st.binary(max_size=600), st.lists(st.integers(1, 50), max_size=20))
def test_any_payload_survives_any_cutting(payload: bytes, cuts: list[int]) -> None:
    wire = b"+" + rsp.encode(payload) + b"-"
    decoder, events = Decoder(), []
    for length in [*cuts, len(wire)]:
        events += decoder.feed(wire[:length])
        wire = wire[length:]
    assert events == [Acknowledged(), Packet(payload), Rejected()]


@given(st.binary(max_size=300))
def test_garbage_never_raises_and_never_stalls_what_follows(garbage: bytes) -> None:
    decoder = Decoder()
    decoder.feed(garbage)
    # At most one packet can swallow what follows it.
    events = decoder.feed(rsp.encode(b"OK") * 2)
    assert Packet(b"OK") in events


@given(st.binary(min_size=1, max_size=40), st.data())
def test_one_changed_byte_is_noticed(payload: bytes, data: st.DataObject) -> None:
    wire = bytearray(rsp.encode(payload))
    position = data.draw(st.integers(1, len(wire) - 4))
    value = data.draw(st.integers(0, 255).filter(lambda v: v not in (wire[position], ord("#"))))
    wire[position] = value
    assert Packet(payload) not in Decoder().feed(bytes(wire))


@pytest.mark.parametrize(
    ("wire", "meaning"),
    [
        # From the manual: "0* " is 0000 (space is 32, 32 - 29 = 3 more).
        (b"$0* #7a", Packet(b"0000")),
        (b"$x}\x03#f8", Packet(b"x#")),
        (b"$0*#5a", Corrupt("a packet ends within an escape")),
        (b"$* #4a", Corrupt("a run of nothing")),
        (b"$OK#00", Corrupt("checksum b'00' of a packet of 2 bytes is wrong")),
    ],
)
def test_decodes(wire: bytes, meaning: rsp.Event) -> None:
    assert Decoder().feed(wire) == [meaning]


def test_notifications_are_skipped() -> None:
    body = b"Stop:T05"
    assert Decoder().feed(b"%%%b#%02x" % (body, sum(body) % 256) + b"$OK#9a") == [Packet(b"OK")]


def test_a_packet_without_end_is_given_up() -> None:
    events = Decoder().feed(b"$" + b"x" * ((1 << 20) + 1))
    assert events == [Corrupt("no end of packet in 1048576 bytes")]


@pytest.mark.parametrize("payload", [b"T02", b"T05thread:01;", b"S05", b"W00", b"X0f"])
def test_stop_replies(payload: bytes) -> None:
    assert rsp.is_stop_reply(payload)


@pytest.mark.parametrize("payload", [b"", b"OK", b"E22", b"Tx", b"00000000", b"PacketSize=1000"])
def test_other_replies(payload: bytes) -> None:
    assert not rsp.is_stop_reply(payload)
