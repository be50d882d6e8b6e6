"""Models that are read in several ways: the name tells the options, and both ways can be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness import catalog
from harness.domain.plan import ModelSource
from harness.errors import ConfigError


def chosen_model(name_or_path: str) -> ModelSource:
    """The model of `--model`; what its options do to it stands behind its name.

    Raises:
        UnknownName: no such model, or no such option for files of its kind.
        BadModel: options for a file whose name does not tell its kind.
    """
    model = catalog.resolve_model(name_or_path)
    if not model.options:
        return model
    from harness.model.front_ends import described_options

    words = described_options(model.path, model.options)
    return replace(model, name=f"{model.name} ({words})")


def also_with(models: Sequence[str], option: str) -> list[str]:
    """`models`, and behind each that has such an option, the same with it.

    Raises:
        ConfigError: none of them has it.
        UnknownName: no such model.
    """
    from harness.model.front_ends import has_option

    every: list[str] = []
    for name in models:
        every.append(name)
        model = catalog.resolve_model(name)
        if has_option(model.path, option) and option not in model.options:
            every.append(f"{name},{option}")
    if len(every) == len(models):
        raise ConfigError(
            f"none of the models has the option {option}",
            where=f"--{option}",
            hint="Name one with --model that has, or leave the option out.",
        )
    return every
