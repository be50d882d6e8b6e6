"""The client over every pyserial URL that reaches a board: bare, TCP, RFC 2217, spied on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from devices.scripted import ScriptedDevice
from devices.ser2net import ser2net
from devices.transports import over_pty, over_tcp

from harness.errors import LinkClosed, LinkTimeout, PortBusy
from harness.link import DeviceClient, open_port

EVERY_BYTE = bytes(range(256))


@contextmanager
def over_rfc2217(device: ScriptedDevice) -> Iterator[str]:
    with over_pty(device) as name, ser2net(name) as url:
        yield url


@contextmanager
def over_spy(device: ScriptedDevice) -> Iterator[str]:
    with over_pty(device) as name:
        yield f"spy://{name}?file=/dev/null"


@pytest.mark.parametrize("serve", [over_pty, over_tcp, over_rfc2217, over_spy])
def test_an_inference_over_it(
    serve: Callable[[ScriptedDevice], AbstractContextManager[str]],
) -> None:
    """Every byte value, so also 0xFF, which RFC 2217 has to escape."""
    device = ScriptedDevice(input_bytes=256)
    with serve(device) as url, open_port(url, 115200) as port:
        client = DeviceClient(port)
        client.hello(10)
        reply = client.infer(EVERY_BYTE, repeats=2, deadline_s=10)
    assert reply.outputs == (EVERY_BYTE[::-1],)
    assert (client.bad_frames, client.frames_repeated) == (0, 0)


def test_what_was_spied_on_is_in_the_file(tmp_path: Path) -> None:
    log = tmp_path / "spy.txt"
    with (
        over_pty(ScriptedDevice()) as name,
        open_port(f"spy://{name}?file={log}", 115200) as port,
    ):
        DeviceClient(port).hello(10)
    assert "TX" in log.read_text()
    assert "RX" in log.read_text()


def test_a_board_behind_rfc2217_that_is_mute_is_a_timeout() -> None:
    with (
        over_rfc2217(ScriptedDevice(deaf=True)) as url,
        open_port(url, 115200) as port,
        pytest.raises(LinkTimeout, match=r"no answer to HELLO within 0\.3 s; 0 bytes came"),
    ):
        DeviceClient(port).hello(0.3)


def test_nobody_behind_the_address_says_so() -> None:
    with pytest.raises(PortBusy, match="the port cannot be opened"):
        open_port("rfc2217://127.0.0.1:1", 115200)


@pytest.mark.parametrize("url", ["nonsense://x", "spy://"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(PortBusy):
        open_port(url, 115200)


def test_a_server_that_hangs_up_closes_the_link() -> None:
    with (
        over_tcp(ScriptedDevice(), hang_up_after=5) as url,
        open_port(url, 115200) as port,
        pytest.raises(LinkClosed),
    ):
        DeviceClient(port).hello(5)
