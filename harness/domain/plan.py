"""What to run: cases, and the model and data set each of them names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.domain.firmware import BuildVariant, KernelSet
from harness.domain.target import Target


class Mode(StrEnum):
    """What a case is run for.

    LATENCY keeps the link silent inside the measured window; ACCURACY sends the next input while
    one computes, and so measures no window.
    """

    LATENCY = "latency"
    ACCURACY = "accuracy"


class InputsBy(StrEnum):
    """The way inputs take to the device: its link, or the debug probe, which writes into RAM."""

    LINK = "link"
    PROBE = "probe"


@dataclass(frozen=True)
class ModelSource:
    """A model file and the name it goes by; `dataset` is the data set it was published with.

    `demo` says whether a run that names no model takes this one. `options` say how the file is
    read, where its kind has a choice; they are part of the name.
    """

    name: str
    path: Path
    dataset: str | None = None
    title: str = ""
    demo: bool = True
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One row of a comparison table: a model on a target with a kernel set.

    `dataset` is a data set specification (see `harness datasets`) or None for the model's own, else
    random inputs. `limit` takes the first inputs only. Each input runs `repeat` times inside a
    measured window, after `warmup` inferences of the first input that are not recorded. `aliases`
    are other kernel sets asked for that give the same build on this target.
    """

    target: Target
    kernel_set: KernelSet
    variant: BuildVariant
    model: ModelSource
    dataset: str | None = None
    limit: int | None = None
    repeat: int = 1
    warmup: int = 1
    aliases: tuple[str, ...] = ()
    mode: Mode = Mode.LATENCY
    inputs_by: InputsBy = InputsBy.LINK

    @property
    def kernels(self) -> str:
        """The kernel set and its aliases: `cmsis-nn (= cmsis-nn-dsp)`."""
        same = f" (= {', '.join(self.aliases)})" if self.aliases else ""
        return f"{self.kernel_set.id}{same}"

    @property
    def label(self) -> str:
        """A short name for progress lines and test ids."""
        parts = [self.model.name, self.target.id, self.kernels]
        if self.variant.id != "O2":
            parts.append(self.variant.id)
        return " · ".join(parts)
