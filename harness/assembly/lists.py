"""What there is to choose from, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import catalog
from harness.domain.plan import ModelSource
from harness.domain.units import Fidelity

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.domain.firmware import BuildVariant, KernelSet
    from harness.domain.image import ModelImage
    from harness.domain.power_model import PowerModel
    from harness.domain.target import Target


def power_models() -> dict[str, PowerModel]:
    """What the data sheets of targets say of their current, by target.

    Raises:
        BadDefinition, DuplicateName: from the target files.
    """
    return {
        name: target.power_model
        for name, target in catalog.targets().items()
        if target.power_model is not None
    }


def list_targets() -> list[Target]:
    """Every target, by id."""
    return list(catalog.targets().values())


def simulated_targets() -> list[str]:
    """The ids of the targets that need no board."""
    targets = catalog.targets().values()
    return [target.id for target in targets if target.fidelity is Fidelity.SIMULATED]


def default_targets() -> list[str]:
    """The ids of the targets of a run that names none: those whose definition does not say no."""
    return [name for name in simulated_targets() if catalog.target(name).default]


def list_kernel_sets() -> list[KernelSet]:
    """Every kernel set, the reference first."""
    return [catalog.kernel_set(name) for name in _reference_first()]


def _reference_first() -> list[str]:
    # The slow one first: what it is compared with then appears below it, as in the table.
    return sorted(catalog.kernel_sets(), key=lambda name: (name != "reference", name))


def list_build_variants() -> list[BuildVariant]:
    """Every build variant."""
    return list(catalog.build_variants().values())


def list_models() -> list[tuple[ModelSource, ModelImage]]:
    """Every bundled model, compiled (without scratch, which only a firmware knows)."""
    from harness.model import compile_image, read_network

    models = catalog.models().values()
    return [(model, compile_image(read_network(model.path))) for model in models]


def model_names() -> list[str]:
    """The names of the bundled models, without reading them."""
    return list(catalog.models())


def list_benchmarked_operators() -> list[str]:
    """The operators `plan_kernels` knows, in lower case."""
    from harness.bench import sweeps

    return [name.lower() for name in sweeps.rules()]


def list_datasets() -> list[catalog.DatasetScheme]:
    """Every kind of data set."""
    return list(catalog.schemes().values())
