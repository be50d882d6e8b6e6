"""Which kernel sets run on which target: what the core lacks is refused, twins run once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.domain.firmware import KernelSet
from harness.domain.target import Core, Target
from harness.errors import ConfigError

Macros = Callable[[Core], Mapping[str, str]]
Identity = Callable[[KernelSet, Mapping[str, str]], Hashable]


@dataclass(frozen=True)
class Choice:
    """A kernel set that runs on a target; `aliases` are other names of the same build there."""

    kernel_set: KernelSet
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matrix:
    """The choices for each target, and what was left out, one sentence each."""

    choices: list[tuple[Target, list[Choice]]]
    left_out: list[str]


def choose(
    targets: Sequence[Target],
    kernel_sets: Sequence[KernelSet],
    *,
    macros: Macros,
    identity: Identity,
    strict: bool,
) -> Matrix:
    """Pair targets with the kernel sets that their cores can run, in the order given.

    `macros` tells what the compiler predefines for a core; it is asked only where a set depends on
    that. With `strict` a pair that cannot run is an error, else it is left out with a reason.

    Raises:
        ConfigError: a core lacks what a set requires and `strict`, or no pair is left.
    """
    choices: list[tuple[Target, list[Choice]]] = []
    refused: list[str] = []
    depends = any(kernel_set.requires or kernel_set.undefines for kernel_set in kernel_sets)
    for target in targets:
        known = macros(target.core) if depends else {}
        core = f"{target.core.name} of {target.id}"
        lacks = {one.id: one.refusal(core, known) for one in kernel_sets}
        refused += filter(None, lacks.values())
        able = [(one, identity(one, known)) for one in kernel_sets if not lacks[one.id]]
        choices.append((target, _twins_joined(able)))
    if refused and (strict or not any(able for _, able in choices)):
        raise ConfigError(
            "; ".join(refused),
            where="--kernels",
            hint="Choose another kernel set or target (`harness kernels --target ID`).",
        )
    return Matrix(choices, refused)


def _twins_joined(able: Iterable[tuple[KernelSet, Hashable]]) -> list[Choice]:
    """One choice per identity: the first set that has it, and the names of the others."""
    twins: dict[Hashable, list[KernelSet]] = {}
    for kernel_set, identity in able:
        twins.setdefault(identity, []).append(kernel_set)
    return [Choice(first, tuple(one.id for one in rest)) for first, *rest in twins.values()]
