"""What is known of a model before anything is built: what runs it, what does not, what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.domain.network import DType


class Runs(StrEnum):
    """How a kernel set runs an operator; a fallback stands in for a kernel its library lacks."""

    KERNEL = "kernel"
    FALLBACK = "fallback"
    REFUSED = "refused"


@dataclass(frozen=True)
class RunsBy:
    """How, and by which file (`cmsis-nn/add.c`); no file where it is refused."""

    runs: Runs
    source: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a model cannot run; `exit_code` is that of the error a run would end with."""

    where: str
    what: str
    hint: str
    exit_code: int


@dataclass(frozen=True)
class CheckedOperator:
    """An operator of the network that a device gets; `by` has an entry for each kernel set.

    `shapes` are those of its first activation and its first output.
    """

    index: int
    name: str
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    dtype: DType
    by: Mapping[str, RunsBy]


@dataclass(frozen=True)
class Fit:
    """What a target has for an image and its arena, in bytes; the firmware has its own region."""

    target: str
    title: str
    model_slot: int
    arena: int


@dataclass(frozen=True)
class ModelCheck:
    """All of it; sizes are bytes, and None where a problem leaves them open.

    `scratch_bytes` is the most that a kernel asked for in earlier runs, None where none has told.
    `inputs` and `outputs` are in words.
    """

    name: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    operators: tuple[CheckedOperator, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    image_bytes: int | None = None
    arena_bytes: int | None = None
    scratch_bytes: int | None = None
    macs: int | None = None
    targets: tuple[Fit, ...] = ()

    def short(self, fit: Fit) -> dict[str, int]:
        """By how many bytes a target's regions are too small, for those that are."""
        needs = {
            "model slot": (self.image_bytes, fit.model_slot),
            "arena": (self.arena_bytes, fit.arena),
        }
        return {
            region: need - have
            for region, (need, have) in needs.items()
            if need is not None and need > have
        }
