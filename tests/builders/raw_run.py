"""A built firmware and a given image on a simulated board, without the bench: for benchmarks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.domain.firmware import Firmware
from harness.domain.target import Target
from harness.link import DeviceClient, open_port
from harness.machine import start_machine
from harness.probe.programmer import Board, open_board

DEADLINE_S = 30.0


@contextmanager
def booted(target: Target, firmware: Firmware, image: bytes | None) -> Iterator[tuple[str, Board]]:
    """Program, verify and run; yield the URL of the link, and the board under its probe."""
    with (
        tempfile.TemporaryDirectory() as work_dir,
        start_machine(target, work_dir=Path(work_dir)) as at,
        open_board(at.probe_uid, target.pyocd_target) as board,
    ):
        board.program(firmware.elf)
        board.verify_elf(firmware.elf)
        if image is not None:
            board.write(target.memory.model_slot.origin, image)
            board.verify(target.memory.model_slot.origin, image)
        board.reset_and_run()
        yield at.link_url, board


@contextmanager
def talking(
    target: Target, firmware: Firmware, image: bytes
) -> Iterator[tuple[DeviceClient, Board]]:
    """As `booted`, with a client that has said hello and loaded the image."""
    with (
        booted(target, firmware, image) as (url, board),
        open_port(url, target.baud_rate) as port,
    ):
        client = DeviceClient(port)
        client.hello(DEADLINE_S)
        client.describe(DEADLINE_S)
        yield client, board
