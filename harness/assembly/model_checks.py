"""A model, the kernel sets and the targets, looked at together before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness import catalog
from harness.assembly.lists import list_kernel_sets
from harness.assembly.places import cache_dir
from harness.assembly.plans import ALL_KERNELS

if TYPE_CHECKING:
    from harness.domain.model_check import ModelCheck


def check_model(
    model: str, *, targets: Sequence[str] | None = None, kernel_sets: Sequence[str] | None = None
) -> ModelCheck:
    """What runs `model` by which kernels, what it needs, and all that is in the way.

    What is not named is every target, and the kernel sets whose definition says `default`. No
    compiler is needed: which of its kernels a core can run is known only to a build.

    Raises:
        UnknownName, BadDefinition, DuplicateName: from the definition files.
        BadModel, ToolMissing: the file cannot be read.
    """
    from harness.bench import model_check
    from harness.build.kernel_files import kernel_files

    source = catalog.resolve_model(model)
    every = list_kernel_sets()
    chosen = [one for one in every if one.default]
    if kernel_sets:
        chosen = [catalog.kernel_set(name) for name in kernel_sets if name != ALL_KERNELS]
        chosen = every if ALL_KERNELS in kernel_sets else chosen
    return model_check.check_model(
        source.path,
        [catalog.target(name) for name in targets or catalog.targets()],
        {one.id: kernel_files(one) for one in chosen},
        cache_dir(),
        source.options,
    )
