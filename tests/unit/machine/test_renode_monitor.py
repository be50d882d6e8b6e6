"""The dialogue with Renode's monitor: its bytes, its refusals, and what it may fail to say."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from devices.renode_monitor import HANG_UP, SILENCE, VERSION, Answer, echo, refusal, serve

from harness.errors import RigError, SimulatorDied
from harness.machine._renode_monitor import Monitor


def alive() -> None:
    """The process has not ended."""


def answering(**said: str) -> Answer:
    return lambda command: echo(command) or said.get(command.split(" ")[0], "")


@contextmanager
def monitor_of(
    answer: Answer,
    *,
    check: Callable[[], None] = alive,
    deadline_s: float = 5.0,
    greeting: bool = True,
    echoing: bool = True,
    lose: int = 0,
) -> Iterator[Monitor]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(
            target=serve,
            args=(listener, answer),
            kwargs={"greeting": greeting, "echoing": echoing, "lose": lose},
            daemon=True,
        )
        thread.start()
        port = listener.getsockname()[1]
        with closing(Monitor(port, deadline_s=deadline_s, check=check)) as monitor:
            yield monitor
        thread.join(5)


def test_what_a_command_prints_comes_without_echo_prompt_and_telnet_bytes() -> None:
    with monitor_of(answering(version=VERSION)) as monitor:
        assert monitor.run("version") == VERSION.replace("\r", "")
        assert monitor.run("mach create") == ""
        assert monitor.run("version") == VERSION.replace("\r", "")


def test_a_key_lost_at_the_start_is_made_up_for() -> None:
    with monitor_of(answering(version=VERSION), lose=1) as monitor:
        assert "1.16.1" in monitor.run("version")


def test_a_terminal_that_does_not_echo() -> None:
    with monitor_of(answering(version=VERSION), echoing=False) as monitor:
        assert "1.16.1" in monitor.run("version")
        assert monitor.run("mach create") == ""


def test_no_greeting_is_no_matter() -> None:
    with monitor_of(answering(version=VERSION), greeting=False) as monitor:
        assert "1.16.1" in monitor.run("version")


@pytest.mark.parametrize(
    "said",
    [
        refusal("include @x.resc", "Could not find file x.resc"),
        "No such command or device: include",
        "Bad parameters for command LoadPlatformDescription",
        "Error E04: Type 'Miscellaneous.DWT' not found at /x.repl:5:6",
        "sysbus.cpu does not provide a field, method or property PerformanceInMip",
    ],
)
def test_a_refusal_is_told_in_its_words(said: str) -> None:
    with (
        monitor_of(answering(include=said)) as monitor,
        pytest.raises(RigError, match=r"Renode could not run `include @x\.resc`") as caught,
    ):
        monitor.run("include @x.resc")
    assert said.splitlines()[-1].strip() in caught.value.what
    assert caught.value.where.startswith("Renode's monitor, port ")
    assert caught.value.hint == "Look at renode.resc and renode.out in the work directory."


def test_no_answer_ends_at_the_deadline() -> None:
    started: list[str] = []

    def answer(command: str) -> str:
        started.extend([command] * (command == "start"))
        return SILENCE if started else echo(command) or ""

    with (
        monitor_of(answer) as monitor,
        pytest.raises(RigError, match=r"no answer to `start` after 0\.1 s"),
    ):
        monitor.run("start", deadline_s=0.1)


def test_a_port_that_never_speaks() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(RigError, match=r"no answer to its first prompt after 0\.1 s"),
    ):
        Monitor(listener.getsockname()[1], deadline_s=0.1, check=alive)


def test_a_port_that_nobody_opens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RigError, match=r"no answer to a connection after 0\.1 s"):
        Monitor(port, deadline_s=0.1, check=alive)


def test_a_connection_that_ends() -> None:
    def answer(command: str) -> str:
        return HANG_UP if command == "quit" else echo(command) or ""

    with monitor_of(answer) as monitor, pytest.raises(RigError, match="the connection ended"):
        monitor.run("quit")


def test_a_death_explains_the_connection_that_ended() -> None:
    dead: list[SimulatorDied] = []

    def check() -> None:
        if dead:
            raise dead[0]

    def answer(command: str) -> str:
        if command != "include":
            return echo(command) or ""
        dead.append(SimulatorDied("renode ended with exit status 134"))
        return HANG_UP

    with (
        monitor_of(answer, check=check) as monitor,
        pytest.raises(SimulatorDied, match="exit status 134"),
    ):
        monitor.run("include")
