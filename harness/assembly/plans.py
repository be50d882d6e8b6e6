"""From the names a user gives to the cases of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import catalog
from harness.assembly.lists import default_targets, list_kernel_sets
from harness.assembly.model_options import chosen_model
from harness.assembly.places import cache_dir
from harness.catalog.definitions import pick
from harness.domain.plan import Case, InputsBy, Mode
from harness.errors import ConfigError

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.bench.matrix import Matrix
    from harness.domain.firmware import BuildVariant, KernelSet
    from harness.domain.operator_shape import OperatorShape
    from harness.domain.target import Target

DEFAULT_BUILD = "O2"
ALL_KERNELS = "all"


def plan(
    *,
    targets: Sequence[str] | None = None,
    kernel_sets: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    builds: Sequence[str] | None = None,
    dataset: str | None = None,
    limit: int | None = None,
    repeat: int = 1,
    warmup: int = 1,
    mode: Mode = Mode.LATENCY,
    inputs_by: InputsBy = InputsBy.LINK,
    on_note: Callable[[str], None] | None = None,
) -> list[Case]:
    """The cases of a run: models x targets x kernel sets x build variants.

    What is not named is every simulated target but for those whose definition says
    `default = false`, every bundled model but for those whose definition says `demo = false`, and
    the kernel sets whose definition says `default`; ALL_KERNELS as a name stands for every kernel
    set. Kernel sets that give the same build on a target are one case. A
    variant that changes a library is left out for kernel sets that do not call it, and a kernel set
    for cores that cannot run it, unless both are named; `on_note` hears of the latter.

    Raises:
        ConfigError: no kernel set is left for a build variant; a named target cannot run a named
            kernel set; repeats or a probe in accuracy mode.
        ToolMissing, CompileFailed: the compiler cannot say what the core has.
        UnknownName, BadDefinition, DuplicateName: from the definition files.
    """
    if mode is Mode.ACCURACY:
        _require_accuracy_alone(repeat, inputs_by)
    chosen_models = [chosen_model(name) for name in models or _demo_models()]
    chosen_targets = [catalog.target(name) for name in targets or default_targets()]
    named = list(kernel_sets or ())
    chosen_sets = _chosen_sets(named)
    variants = [catalog.build_variant(name) for name in builds or [DEFAULT_BUILD]]
    if dataset:  # loaded later, with the model's input; its name can be told now
        pick("data set", dataset.partition(":")[0], catalog.schemes())
    _require_concerned(variants, chosen_sets, chosen_targets)
    matrix = _matrix(
        chosen_targets, chosen_sets, strict=bool(targets and named and ALL_KERNELS not in named)
    )
    for note in matrix.left_out:
        if on_note:
            on_note(f"left out: {note}")
    return [
        Case(
            target=target,
            kernel_set=choice.kernel_set,
            variant=variant,
            aliases=choice.aliases,
            model=model,
            dataset=dataset or model.dataset,
            limit=limit,
            repeat=repeat,
            warmup=warmup if mode is Mode.LATENCY else 0,
            mode=mode,
            inputs_by=inputs_by,
        )
        for model in chosen_models
        for target, choices in matrix.choices
        for choice in choices
        for variant in variants
        if not variant.refusal(choice.kernel_set, target)
    ]


def _require_accuracy_alone(repeat: int, inputs_by: InputsBy) -> None:
    """Accuracy mode measures nothing, and keeps the core busy."""
    if repeat != 1:
        raise ConfigError(
            f"accuracy mode runs each input once and measures nothing; {repeat} repeats were asked",
            where="--repeat",
            hint="Leave --repeat out, or take --mode latency.",
        )
    if inputs_by is InputsBy.PROBE:
        raise ConfigError(
            "accuracy mode sends an input over the link while one computes; a probe would halt it",
            where="--inputs",
            hint="Take --mode latency with --inputs probe.",
        )


def _require_concerned(
    variants: Sequence[BuildVariant], kernel_sets: Sequence[KernelSet], targets: Sequence[Target]
) -> None:
    """At least one build variant must make a difference somewhere."""
    refusals = [
        variant.refusal(one, target)
        for target in targets
        for one in kernel_sets
        for variant in variants
    ]
    if all(refusals):
        raise ConfigError(
            refusals[0],
            where="--build",
            hint="Choose a kernel set (`harness kernels`) or target (`harness targets`) that it "
            "concerns, or build O2.",
        )


def _demo_models() -> list[str]:
    return [model.name for model in catalog.models().values() if model.demo]


def _chosen_sets(named: Sequence[str]) -> list[KernelSet]:
    if ALL_KERNELS in named:
        return list_kernel_sets()
    if named:
        return [catalog.kernel_set(name) for name in dict.fromkeys(named)]
    return [kernel_set for kernel_set in list_kernel_sets() if kernel_set.default]


def _matrix(targets: Sequence[Target], kernel_sets: Sequence[KernelSet], *, strict: bool) -> Matrix:
    from harness import build as building
    from harness.bench.matrix import choose

    return choose(
        targets,
        kernel_sets,
        macros=building.core_macros,
        identity=building.build_identity,
        strict=strict,
    )


def plan_kernels(
    *,
    operators: Sequence[str] | None = None,
    shapes: Path | None = None,
    models: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    kernel_sets: Sequence[str] | None = None,
    builds: Sequence[str] | None = None,
    limit: int | None = None,
    repeat: int = 1,
    on_note: Callable[[str], None] | None = None,
) -> list[Case]:
    """The cases of a kernel benchmark: shapes x targets x kernel sets x build variants.

    Shapes are those of the file `shapes` and of the operators of `models`, else a small built-in
    sweep; of these, those of `operators`, and the first `limit` shapes of each operator.

    Raises:
        ConfigError: no shape is left; or as `plan`.
        BadModel: a model that cannot be read.
    """
    from harness.bench.kernel_sweep import DATASET, by_firmware, write_networks

    wanted = _shapes(operators, shapes, models, limit)
    sources = write_networks(wanted, cache_dir() / "operators")
    cases = plan(
        targets=targets,
        kernel_sets=kernel_sets,
        models=[str(source.path) for source in sources],
        builds=builds,
        dataset=DATASET,
        repeat=repeat,
        on_note=on_note,
    )
    named = {source.path.resolve(): source for source in sources}
    return by_firmware([replace(case, model=named[case.model.path]) for case in cases])


def _shapes(
    operators: Sequence[str] | None,
    file: Path | None,
    models: Sequence[str] | None,
    limit: int | None,
) -> list[OperatorShape]:
    from harness.bench import sweeps
    from harness.bench.kernel_sweep_shapes import first_of_each, shapes_of
    from harness.model import read_model

    rules, reasons = sweeps.rules(), sweeps.reasons()
    chosen = [catalog.operator_named(name, rules, reasons) for name in operators or rules]
    found: list[OperatorShape] = []
    if file is not None:
        found += catalog.read_shapes(file, rules)
    elif not models:
        found += sweeps.built_in()
    for name in models or ():
        found += shapes_of(read_model(catalog.resolve_model(name).path))
    kept = first_of_each([one for one in found if one.operator in chosen], limit)
    if not kept:
        there = ", ".join(dict.fromkeys(shape.operator.lower() for shape in found)) or "none"
        raise ConfigError(
            f"no shape of {', '.join(chosen).lower()} is there to measure",
            where=str(file or ", ".join(models or ())),
            hint=f"Choose among the operators there: {there}.",
        )
    return kept


def kernel_sets_on(target: str) -> list[tuple[KernelSet, str]]:
    """Every kernel set, and how it runs on `target`: "runs", "same build as ...", or why not.

    Raises:
        UnknownName, BadDefinition, DuplicateName: from the definition files.
        ToolMissing, CompileFailed: the compiler cannot say what the core has.
    """
    from harness import build as building

    board = catalog.target(target)
    known = list_kernel_sets()
    ((_, choices),) = _matrix([board], known, strict=False).choices
    state = {choice.kernel_set.id: "runs" for choice in choices}
    for choice in choices:
        state |= dict.fromkeys(choice.aliases, f"same build as {choice.kernel_set.id}")
    macros = building.core_macros(board.core)
    return [
        (one, state.get(one.id) or f"no: {one.refusal(board.core.name, macros)}") for one in known
    ]
