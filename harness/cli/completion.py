"""What the shell offers after each option's name."""

from __future__ import annotations

from collections.abc import Callable

from harness import assembly
from harness.errors import HarnessError


def _offer(names: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        try:
            return [name for name in names() if name.startswith(incomplete)]
        except HarnessError:  # a broken definition is told when the command runs
            return []

    return complete


complete_target = _offer(lambda: [target.id for target in assembly.list_targets()])
complete_kernels = _offer(lambda: [kernels.id for kernels in assembly.list_kernel_sets()])
complete_model = _offer(assembly.model_names)
complete_build = _offer(lambda: [variant.id for variant in assembly.list_build_variants()])
complete_dataset = _offer(lambda: [kind.syntax for kind in assembly.list_datasets()])
