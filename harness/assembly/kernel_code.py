"""What is known of kernels before any of them runs: what they link, and what none reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness import catalog
from harness.assembly.lists import model_names
from harness.assembly.places import cache_dir
from harness.assembly.plans import DEFAULT_BUILD, plan
from harness.assembly.rigs import rig

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.domain.firmware import KernelSet, Library
    from harness.domain.kernel_code import LinkedKernel
    from harness.domain.library_function import LibraryFunction


def linked_kernels(
    target: str,
    kernel_set: str,
    build: str | None = None,
    on_note: Callable[[str], None] | None = None,
) -> tuple[KernelSet, list[LinkedKernel]]:
    """Build a firmware, and read from it what each operator's code can call.

    Raises:
        UnknownName, BadDefinition, DuplicateName: from the definition files.
        ConfigError: the target cannot run the kernel set, or the variant does not concern it.
        BuildError: the firmware cannot be built or read.
    """
    from harness import build as building

    (case,) = plan(
        targets=[target],
        kernel_sets=[kernel_set],
        builds=[build or DEFAULT_BUILD],
        models=model_names()[:1],
    )
    firmware = rig().build(case.target, case.kernel_set, case.variant, on_note or _unheard)
    return case.kernel_set, building.linked_kernels(firmware)


def _unheard(note: str) -> None:
    """Listen to nothing."""


def kernel_coverage() -> tuple[Library, list[LibraryFunction]]:
    """CMSIS-NN, and for each function of its header the operators that reach it, or why none does.

    Raises:
        LibraryUnavailable, ToolMissing: the library's sources cannot be had or read.
        BadDefinition, DuplicateName: from the definition files.
    """
    from harness.build.libraries import obtain_library
    from harness.build.library_coverage import coverage

    library = obtain_library("cmsis-nn", cache_dir())
    return library, coverage(library, catalog.kernel_sets().values())
