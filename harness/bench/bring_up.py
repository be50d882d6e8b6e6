"""From a built firmware and a network to a device that has proved what it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.bench.events import Stage
from harness.bench.rig import Board, Deadlines, OnFlash, Rig
from harness.bench.scratch_memo import ScratchMemo
from harness.domain.coordinates import Coordinates
from harness.domain.device import Identity, LoadedModel
from harness.domain.firmware import Firmware
from harness.domain.image import ModelImage
from harness.domain.network import Network
from harness.domain.target import Region, Target
from harness.errors import HarnessError, ImageTooLarge, WrongImage, WrongModel
from harness.link import DeviceClient, TranscribedPort, open_port
from harness.model import compile_image

HANDSHAKE_DEADLINE_S = Deadlines().handshake_s


@dataclass(frozen=True)
class Device:
    """A target that runs the right firmware with the right model, ready for inputs.

    `handshake` makes it prove both once more, after it was reset; `hang_up` closes the link, for
    somebody else to open it. `let_go` ends the probe's session and leaves the core running: a core
    that is debugged draws more current; `board` cannot be used any more then.
    """

    client: DeviceClient
    board: Board
    identity: Identity
    image: ModelImage
    at: Coordinates
    handshake: Callable[[], Identity]
    hang_up: Callable[[], None] = lambda: None
    let_go: Callable[[], None] = lambda: None


@contextmanager
def bring_up(
    target: Target,
    firmware: Firmware,
    network: Network,
    rig: Rig,
    work_dir: Path,
    on_stage: Callable[[Stage], None],
    on_flash: OnFlash,
) -> Iterator[Device]:
    """Start `target`, flash and verify, shake hands; yield the device and stop it afterwards.

    Raises:
        RigError: machine or probe failed.
        LinkError: the device does not answer.
        WrongImage, WrongModel: it answers as another firmware or model.
        KernelRefused: a kernel cannot do what one operator of the model asks.
        ImageTooLarge: model slot or arena of the target are too small.
    """
    memo = ScratchMemo(rig.cache_dir, firmware.build_id, network.source_sha256)
    image = fitted(compile_image(network, scratch=memo.recall(len(network.operators))), target)
    on_stage(Stage.BRING_UP)
    with rig.start(target, work_dir) as at:
        try:
            with ExitStack() as probe:
                board = probe.enter_context(rig.open_board(at.probe_uid, target, on_flash))
                on_stage(Stage.FLASH)
                board.program(firmware.elf)
                _load(board, target, firmware, image)
                on_stage(Stage.HANDSHAKE)
                with open_port(at.link_url, target.baud_rate) as port:
                    names = [operator.name for operator in image.operators]
                    heard = TranscribedPort(port, rig.transcript) if rig.transcript else port
                    client = DeviceClient(heard, on_idle=at.check, operators=names)
                    wait_s = rig.deadlines.handshake_s
                    identity = greet(client, target, firmware, wait_s)
                    loaded = client.describe(wait_s)
                    require_same_model(image, loaded)
                    if loaded.scratch_needed != image.scratch:
                        memo.keep(loaded.scratch_needed)
                        image = fitted(
                            compile_image(network, scratch=loaded.scratch_needed), target
                        )
                        _load(board, target, firmware, image)
                        identity = _handshake(client, target, firmware, image, wait_s)
                    again = partial(_handshake, client, target, firmware, image, wait_s)
                    yield Device(client, board, identity, image, at, again, port.close, probe.close)
        except HarnessError:
            at.check()  # a simulator that died explains more than the broken link it leaves
            raise


def _handshake(
    client: DeviceClient, target: Target, firmware: Firmware, image: ModelImage, wait_s: float
) -> Identity:
    client.use_rate(target.baud_rate)
    identity = greet(client, target, firmware, wait_s)
    require_same_model(image, client.describe(wait_s))
    return identity


def _load(board: Board, target: Target, firmware: Firmware, image: ModelImage) -> None:
    """Write the model, prove all that was programmed, and run it.

    Both regions are read back after both are programmed: on some parts programming one can damage
    the other.
    """
    board.write(target.memory.model_slot.origin, image.data)
    board.verify_elf(firmware.elf)
    board.verify(target.memory.model_slot.origin, image.data)
    board.reset_and_run()


def fitted(image: ModelImage, target: Target) -> ModelImage:
    """Return `image` if model slot and arena of `target` hold it.

    Raises:
        ImageTooLarge: naming the region, with need and have in bytes.
    """
    for region, need, have in (
        ("model slot", len(image.data), target.memory.model_slot.length),
        ("arena", image.arena_bytes, target.memory.arena.length),
    ):
        if need > have:
            raise ImageTooLarge(
                f"the {region} of {target.id}",
                need=need,
                have=have,
                where=image.name,
                hint="Choose a smaller model or a target with more memory (`harness targets`).",
            )
    return image


def greet(
    client: DeviceClient,
    target: Target,
    firmware: Firmware,
    wait_s: float = HANDSHAKE_DEADLINE_S,
) -> Identity:
    """Ask the device who it is and refuse anything but the firmware that was just flashed.

    Raises:
        WrongImage: another build id, target, kernel set, memory layout or counter.
    """
    identity = client.hello(wait_s)
    expected = {
        "build id": (firmware.build_id, identity.build_id),
        "target": (target.firmware_target, identity.target),
        "kernel set": (firmware.kernel_set, identity.kernel_set),
        "model slot": (target.memory.model_slot, identity.model_slot),
        "arena": (target.memory.arena, identity.arena),
        "counter": (target.counter.name, identity.counter),
        # A part's revision may decide among clocks; the one reported is recorded.
        "clock in Hz": (
            identity.clock_hz if identity.clock_hz in target.also_clock_hz else target.clock_hz,
            identity.clock_hz,
        ),
    }
    for what, (want, got) in expected.items():
        if want != got:
            raise WrongImage(
                f"the device reports {what} {_told(got)}, "
                f"the firmware just flashed has {_told(want)}",
                where=target.id,
                hint="Check that probe and link belong to the same board, then flash again.",
            )
    return identity


def _told(value: object) -> str:
    if isinstance(value, Region):
        return f"{value.origin:#010x} + {value.length:,} bytes"
    return str(value)


def require_same_model(image: ModelImage, loaded: LoadedModel) -> None:
    """Refuse a device whose model slot holds anything but `image`.

    Raises:
        WrongModel: another CRC-32, size or source hash, or other inputs and outputs.
    """
    want = (f"{image.crc32:08x}", len(image.data), image.source_sha256)
    got = (f"{loaded.image_crc32:08x}", loaded.image_bytes, loaded.source_sha256)
    if want != got:
        raise WrongModel(
            f"the device holds a model image with CRC-32 {got[0]}, {got[1]} bytes, source "
            f"{got[2][:12]}; written was {want[0]}, {want[1]} bytes, source {want[2][:12]}",
            where=image.name,
            hint="Reset the board and run again; if it stays, check the probe's connection.",
        )
    for what, placements, sizes in (
        ("inputs", image.inputs, loaded.input_bytes),
        ("outputs", image.outputs, loaded.output_bytes),
    ):
        planned = tuple(placement.nbytes for placement in placements)
        if sizes != planned:
            raise WrongModel(
                f"the device takes {what} of {sizes} bytes, the model image has {planned}",
                where=image.name,
                hint="Rebuild the firmware from the sources of this harness.",
            )
