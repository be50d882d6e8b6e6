"""The connection to a GDB server: replies, stray stops, deadlines, and how it ends."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from devices.gdb_server import HANG_UP, packet, serving

from harness.probe.connection import Connection
from harness.probe.dialect import open_backend
from harness.probe.faults import (
    AccessRefused,
    NothingListens,
    ProbeFault,
    ServerBusy,
    ServerGone,
    ServerSilent,
)
from harness.probe.qemu_rules import QemuBackend
from harness.probe.rsp_backend import RspBackend


@contextlib.contextmanager
def connected(answer: Callable[[bytes], bytes | None]) -> Iterator[Connection]:
    with serving(answer) as (host, port):
        connection = Connection(host, port, timeout_s=0.2)
        try:
            yield connection
        finally:
            connection.close()


def test_a_stop_reply_that_answers_nothing_does_not_shift_the_replies() -> None:
    with connected(lambda command: packet(b"T02thread:01;") + packet(command)) as connection:
        assert connection.exchange(b"m0,4") == b"m0,4"
        assert connection.exchange(b"m4,4") == b"m4,4"
        assert connection.stray_stops == 2


def test_a_silent_server_is_an_error_at_the_deadline_and_stays_one() -> None:
    with connected(lambda command: None) as connection:
        start = time.monotonic()
        with pytest.raises(ServerSilent, match=r"no answer within 0.2 s"):
            connection.exchange(b"g")
        with pytest.raises(ServerSilent):
            connection.exchange(b"g")
        assert time.monotonic() - start < 2


def test_looking_for_a_stop_that_is_not_there_is_no_error() -> None:
    with connected(lambda command: packet(b"OK")) as connection:
        assert connection.wait_stop(0.0) is None
        assert connection.exchange(b"g") == b"OK"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (HANG_UP, "the server closed the connection"),
        (b"-", "the server rejected a command"),
        (b"$OK#00", "checksum"),
    ],
)
def test_a_connection_that_cannot_go_on_is_gone(said: bytes, message: str) -> None:
    with connected(lambda command: said) as connection:
        with pytest.raises(ServerGone, match=message):
            connection.exchange(b"g")
        with pytest.raises(ServerGone, match=message):
            connection.exchange(b"g")


def test_a_target_that_ended_is_gone() -> None:
    with connected(lambda command: packet(b"W01")) as connection:
        connection.send(b"c")
        with pytest.raises(ServerGone, match="the target has ended"):
            connection.await_stop()


def test_a_closed_connection_says_so() -> None:
    with connected(lambda command: packet(b"OK")) as connection:
        connection.close()
        with pytest.raises(ServerGone, match="the connection was closed"):
            connection.exchange(b"g")


def test_nobody_listens() -> None:
    with socket.socket() as reserved:  # bound, so nobody else can listen there either
        reserved.bind(("127.0.0.1", 0))
        with pytest.raises(NothingListens, match="connection refused"):
            Connection(*reserved.getsockname(), timeout_s=0.1, connect_s=0.0)


def test_a_server_that_accepts_and_says_nothing_is_busy() -> None:
    message = r"no answer within 0.1 s after it accepted the connection"
    with serving(lambda c: None) as (host, port), pytest.raises(ServerBusy, match=message):
        open_backend(host, port, timeout_s=0.1)


class PlainServer:
    """Answers as a minimal GDB server does; `extra` answers more commands, or others."""

    def __init__(self, **extra: bytes) -> None:
        self.commands: list[bytes] = []
        self._extra = {name.encode(): said for name, said in extra.items()}

    def __call__(self, command: bytes) -> bytes | None:
        self.commands.append(command)
        for name, said in self._extra.items():
            if command.startswith(name):
                return packet(said)
        known = {b"qSup": b"PacketSize=40", b"?": b"T05", b"M": b"OK", b"Z": b"OK", b"P": b"OK"}
        known |= {b"QStart": b"OK", b"p": b"78563412", b"s": b"T05", b"z": b"OK"}
        for name, said in known.items():
            if command.startswith(name):
                return packet(said)
        return None if command == b"c" else packet(b"")


def backend(server: PlainServer) -> contextlib.AbstractContextManager[RspBackend]:
    @contextlib.contextmanager
    def opened() -> Iterator[RspBackend]:
        with serving(server) as (host, port):
            core = open_backend(host, port, timeout_s=0.5)
            assert isinstance(core, RspBackend)
            try:
                yield core
            finally:
                core.close()

    return opened()


def test_the_rules_follow_the_server() -> None:
    with backend(PlainServer()) as plain:
        assert not isinstance(plain, QemuBackend)
        assert plain.traits.cycle_counter
    with backend(PlainServer(qqemu=b"0")) as qemu:
        assert isinstance(qemu, QemuBackend)
        assert not qemu.traits.cycle_counter


def test_writes_fit_the_servers_packet_size() -> None:
    server = PlainServer()
    with backend(server) as core:
        core.write_memory(0x2000_0000, bytes(range(50)))
    writes = [command for command in server.commands if command.startswith(b"M")]
    assert all(len(command) <= 0x40 for command in writes)
    assert writes[0] == b"M20000000,14:000102030405060708090a0b0c0d0e0f10111213"
    assert b"".join(command.partition(b":")[2] for command in writes) == (
        bytes(range(50)).hex().encode()
    )


def test_registers_are_little_endian_and_numbered_as_gdb_does_without_a_description() -> None:
    server = PlainServer()
    with backend(server) as core:
        assert core.read_register("xpsr") == 0x12345678
        core.write_register("pc", 0x1234)
    assert server.commands[-2:] == [b"p19", b"Pf=34120000"]


def test_a_register_the_server_lacks_is_refused() -> None:
    with backend(PlainServer()) as core, pytest.raises(AccessRefused, match="no register primask"):
        core.read_register("primask")


@pytest.mark.parametrize("said", [b"E14", b"", b"00", b"zz"])
def test_an_access_that_is_answered_with_an_error_is_refused(said: bytes) -> None:
    with backend(PlainServer(m=said)) as core, pytest.raises(AccessRefused) as caught:
        core.read_memory(0x1000, 4)
    assert (caught.value.address, caught.value.length) == (0x1000, 4)
    assert str(caught.value) == f"4 bytes at 0x00001000: the server answered {said.decode()!r}"


def test_a_running_core_is_stopped_for_an_access_and_goes_on() -> None:
    server = PlainServer(m=b"01000000")

    def answer(command: bytes) -> bytes | None:
        # The interrupt byte 0x03 has no frame: this server stops by itself right after `c`.
        return b"+$T02#b6" if command == b"c" else server(command)

    with serving(answer) as (host, port):
        core = open_backend(host, port, timeout_s=0.5)
        core.resume()
        assert core.read_memory(0, 4) == b"\1\0\0\0"
        assert core.running
        core.close()
    assert server.commands.count(b"m0,4") == 1


@pytest.mark.parametrize(("said", "runs"), [(b"+", True), (b"-", False)])
def test_a_server_may_say_that_the_core_ran_and_then_it_goes_on(said: bytes, runs: bool) -> None:
    server = PlainServer(qSupported=b"PacketSize=400;harness.running" + said)
    with serving(server) as (host, port):
        core = open_backend(host, port, timeout_s=0.5)
        assert core.running is runs
        core.close()
    assert (b"c" in server.commands) is runs


def test_a_breakpoint_hit_while_memory_is_read_is_not_lost() -> None:
    server = PlainServer(m=b"01000000")
    said = iter([b"+$T05#b9"])

    def answer(command: bytes) -> bytes | None:
        return next(said) if command == b"c" else server(command)

    with serving(answer) as (host, port):
        core = open_backend(host, port, timeout_s=0.5)
        core.resume()
        core.read_memory(0, 4)
        assert not core.running
        cause = core.poll()
        assert cause is not None
        assert cause.name == "BREAKPOINT"
        assert core.poll() is None
        core.close()


def test_all_faults_are_probe_faults() -> None:
    kinds = (AccessRefused, NothingListens, ServerBusy, ServerGone, ServerSilent)
    assert all(issubclass(kind, ProbeFault) for kind in kinds)
