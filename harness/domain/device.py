"""What a device says of itself over the link, and what it answers to a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.domain.target import Region


@dataclass(frozen=True)
class Identity:
    """The answer to HELLO: which firmware runs, and what it offers.

    `build_id` is the GNU build id of the running ELF, in hex.
    """

    protocol_version: int
    build_id: str
    target: str
    kernel_set: str
    clock_hz: int
    counter: str
    counter_hz: int
    model_slot: Region
    arena: Region
    max_payload: int
    receive_window: int


@dataclass(frozen=True)
class LoadedModel:
    """The answer to DESCRIBE: which model image lies in the slot.

    `scratch_needed` has one number per operator, in bytes, as the kernels in the firmware ask.
    """

    image_crc32: int
    image_bytes: int
    source_sha256: str
    arena_bytes: int
    input_bytes: tuple[int, ...]
    output_bytes: tuple[int, ...]
    scratch_needed: tuple[int, ...]


@dataclass(frozen=True)
class Reply:
    """The answer to RUN: ticks of each repeat, link interrupts inside the windows, last outputs."""

    ticks: tuple[int, ...]
    link_interrupts: int
    outputs: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class ProfileReply:
    """The answer to PROFILE: ticks of a window without operators, and of each operator's own.

    Link interrupts are those inside all these windows; the outputs are the inference's.
    """

    empty_window: int
    ticks: tuple[int, ...]
    link_interrupts: int
    outputs: tuple[bytes, ...] = field(repr=False)
