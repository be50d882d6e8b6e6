"""What the shell offers after each option's name."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from harness.errors import HarnessError


def _offer(names: Callable[[ModuleType], list[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        from harness import assembly  # not above: `--help` does not need it

        try:
            return [name for name in names(assembly) if name.startswith(incomplete)]
        except HarnessError:  # a broken definition is told when the command runs
            return []

    return complete


complete_target = _offer(lambda assembly: [target.id for target in assembly.list_targets()])
complete_kernels = _offer(lambda assembly: [known.id for known in assembly.list_kernel_sets()])
complete_model = _offer(lambda assembly: assembly.model_names())
complete_build = _offer(lambda assembly: [known.id for known in assembly.list_build_variants()])
complete_operator = _offer(lambda assembly: assembly.list_benchmarked_operators())
complete_dataset = _offer(
    lambda assembly: [
        # What follows the colon is a path, which the shell completes better.
        f"{kind.name}:" if kind.syntax.startswith(f"{kind.name}:") else kind.name
        for kind in assembly.list_datasets()
    ]
)
