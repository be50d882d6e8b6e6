"""The board's own firmware changes the divider of its UART, and goes back when nobody follows."""

from __future__ import annotations

import time

from builders.raw_run import booted
from devices.virtual_board import needs_unicorn

from harness import assembly, catalog
from harness.link import DeviceClient, open_port
from harness.probe.programmer import Board

BRR = 0x4000_480C  # of USART3, whose clock is 120 MHz: RM0433, 48.8
START, FAST = 60, 40
DEADLINE_S = 60.0


def divider(board: Board) -> int:
    return int.from_bytes(board.read(BRR, 4), "little")


@needs_unicorn
def test_a_rate_that_is_proved_stays_and_another_is_given_up() -> None:
    target = catalog.target("openmv-h7-virtual")
    kernels, variant = catalog.kernel_set("reference"), catalog.build_variant("O2")
    firmware = assembly.rig().build(target, kernels, variant, print)
    with (
        booted(target, firmware, None) as (url, board),
        open_port(url, target.baud_rate) as port,
    ):
        client = DeviceClient(port)
        client.hello(DEADLINE_S)
        assert divider(board) == START
        assert client.ask_rate(3_000_000, DEADLINE_S) == 3_000_000
        client.hello(DEADLINE_S)
        assert client.ask_rate(3_000_000, DEADLINE_S) == 3_000_000
        assert divider(board) == FAST
        assert client.ask_rate(4_000_000, DEADLINE_S) == 4_000_000
        assert client.ask_rate(20_000_000, DEADLINE_S) == 0, "this proves the rate"
        assert divider(board) == 30
        assert client.ask_rate(3_000_000, DEADLINE_S) == 3_000_000
        until = time.monotonic() + DEADLINE_S
        while divider(board) != START:
            assert time.monotonic() < until, "the trial does not end"
        client.hello(DEADLINE_S)
