"""Plugs the adapters into the bench: the only file that knows every one of them."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import harness
from harness import catalog
from harness.bench.events import Listener, nobody
from harness.catalog.definitions import pick
from harness.domain.plan import Case, ModelSource
from harness.domain.record import RunInfo
from harness.domain.units import Fidelity
from harness.errors import ConfigError, HarnessError

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.bench.matrix import Matrix
    from harness.bench.rig import Board, Rig, Tell
    from harness.bench.run import Outcome
    from harness.domain.checkup import Finding
    from harness.domain.coordinates import Coordinates
    from harness.domain.dataset import Dataset
    from harness.domain.firmware import BuildVariant, Firmware, KernelSet, Library
    from harness.domain.image import ModelImage, TensorPlacement
    from harness.domain.kernel_code import LinkedKernel
    from harness.domain.library_function import LibraryFunction
    from harness.domain.operator_shape import OperatorShape
    from harness.domain.profile import Profile
    from harness.domain.target import Target
    from harness.results import Store

__all__ = [
    "ALL_KERNELS",
    "CHECKUP_DEADLINE_S",
    "DEFAULT_BUILD",
    "Bench",
    "cache_dir",
    "checkup",
    "kernel_coverage",
    "kernel_sets_on",
    "linked_kernels",
    "list_benchmarked_operators",
    "list_build_variants",
    "list_datasets",
    "list_kernel_sets",
    "list_models",
    "list_targets",
    "model_names",
    "plan",
    "plan_kernels",
    "profile",
    "rig",
]

DEFAULT_BUILD = "O2"
CHECKUP_DEADLINE_S = 20.0
ALL_KERNELS = "all"


def cache_dir() -> Path:
    """Where firmware, libraries and reference outputs are kept: safe to delete at any time.

    `HARNESS_CACHE`, else `XDG_CACHE_HOME/cortexm-harness`, else `~/.cache/cortexm-harness`.
    """
    if own := os.environ.get("HARNESS_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "cortexm-harness"


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
    on_note: Callable[[str], None] | None = None,
) -> list[Case]:
    """The cases of a run: models x targets x kernel sets x build variants.

    What is not named is every simulated target, every bundled model but for those whose definition
    says `demo = false`, and the kernel sets whose definition says `default`; ALL_KERNELS as a name
    stands for every kernel set. Kernel sets that give the same build on a target are one case. A
    variant that changes a library is left out for kernel sets that do not call it, and a kernel set
    for cores that cannot run it, unless both are named; `on_note` hears of the latter.

    Raises:
        ConfigError: no kernel set is left for a build variant; a named target cannot run a named
            kernel set.
        ToolMissing, CompileFailed: the compiler cannot say what the core has.
        UnknownName, BadDefinition, DuplicateName: from the definition files.
    """
    chosen_models = [catalog.resolve_model(name) for name in models or _demo_models()]
    chosen_targets = [catalog.target(name) for name in targets or _simulated()]
    named = list(kernel_sets or ())
    chosen_sets = _chosen_sets(named)
    variants = [catalog.build_variant(name) for name in builds or [DEFAULT_BUILD]]
    if dataset:  # loaded later, with the model's input; its name can be told now
        pick("data set", dataset.partition(":")[0], catalog.schemes())
    if not any(variant.concerns(one) for one in chosen_sets for variant in variants):
        raise ConfigError(
            f"build variant {variants[0].id} changes the library {variants[0].library}, which "
            f"kernel set {chosen_sets[0].id} does not call",
            where="--build",
            hint="Choose a kernel set that calls it (`harness kernels`), or build O2.",
        )
    matrix = _matrix(
        chosen_targets, chosen_sets, strict=bool(targets and named and ALL_KERNELS not in named)
    )
    for note in matrix.left_out:
        (on_note or _unheard)(f"left out: {note}")
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
            warmup=warmup,
        )
        for model in chosen_models
        for target, choices in matrix.choices
        for choice in choices
        for variant in variants
        if variant.concerns(choice.kernel_set)
    ]


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
    from harness.bench.kernel_sweep_shapes import first_of_each, shapes_of
    from harness.model import read_tflite

    known = catalog.benchmarked_operators()
    chosen = [catalog.operator_named(name) for name in operators or known]
    found: list[OperatorShape] = []
    if file is not None or not models:
        found += catalog.read_shapes(file or catalog.DEFAULT_SHAPES)
    for name in models or ():
        found += shapes_of(read_tflite(catalog.resolve_model(name).path), known)
    kept = first_of_each([one for one in found if one.operator in chosen], limit)
    if not kept:
        there = ", ".join(dict.fromkeys(shape.operator.lower() for shape in found)) or "none"
        raise ConfigError(
            f"no shape of {', '.join(chosen).lower()} is there to measure",
            where=str(file or ", ".join(models or ())),
            hint=f"Choose among the operators there: {there}.",
        )
    return kept


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


def list_targets() -> list[Target]:
    """Every target, by id."""
    return list(catalog.targets().values())


def list_kernel_sets() -> list[KernelSet]:
    """Every kernel set, the reference first."""
    return [catalog.kernel_set(name) for name in _reference_first()]


def list_build_variants() -> list[BuildVariant]:
    """Every build variant."""
    return list(catalog.build_variants().values())


def list_models() -> list[tuple[ModelSource, ModelImage]]:
    """Every bundled model, compiled (without scratch, which only a firmware knows)."""
    from harness.model import compile_image, read_tflite

    return [(model, compile_image(read_tflite(model.path))) for model in catalog.models().values()]


def model_names() -> list[str]:
    """The names of the bundled models, without reading them."""
    return list(catalog.models())


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


def list_benchmarked_operators() -> list[str]:
    """The operators `plan_kernels` knows, in lower case."""
    return [name.lower() for name in catalog.benchmarked_operators()]


def list_datasets() -> list[catalog.DatasetScheme]:
    """Every kind of data set."""
    return list(catalog.schemes().values())


def _demo_models() -> list[str]:
    return [model.name for model in catalog.models().values() if model.demo]


def _simulated() -> list[str]:
    targets = catalog.targets().values()
    return [target.id for target in targets if target.fidelity is Fidelity.SIMULATED]


def _reference_first() -> list[str]:
    # The slow one first: what it is compared with then appears below it, as in the table.
    return sorted(catalog.kernel_sets(), key=lambda name: (name != "reference", name))


def _unheard(note: str) -> None:
    """Listen to nothing."""


def rig() -> Rig:
    """The real adapters: CMake, pyOCD, simulators and boards."""
    from harness import build as building
    from harness.bench.rig import Rig
    from harness.machine import start_machine
    from harness.probe.programmer import open_board

    cache = cache_dir()

    def build(target: Target, kernel_set: KernelSet, variant: BuildVariant, tell: Tell) -> Firmware:
        return building.build_firmware(
            target,
            kernel_set,
            variant,
            firmware_root=catalog.firmware_root(),
            port_directory=catalog.port_directory(target.port),
            cache_dir=cache,
            on_event=tell,
        )

    def load(case: Case, model_input: TensorPlacement) -> Dataset:
        return catalog.load_dataset(
            case.dataset,
            shape=model_input.shape,
            dtype=model_input.dtype,
            scale=model_input.scale,
            zero_point=model_input.zero_point,
            limit=case.limit,
        )

    def board(probe_uid: str, pyocd_target: str) -> AbstractContextManager[Board]:
        return open_board(probe_uid, pyocd_target)

    def machine(target: Target, work_dir: Path) -> AbstractContextManager[Coordinates]:
        return start_machine(target, work_dir=work_dir)

    return Rig(build=build, load_dataset=load, start=machine, open_board=board, cache_dir=cache)


def checkup(
    targets: Sequence[str] | None = None,
    *,
    results: Path | str | None = None,
    deadline_s: float = CHECKUP_DEADLINE_S,
) -> list[Finding]:
    """Look at all that runs on `targets` need; change nothing.

    By default at what every simulated target needs, and at what boards would need on this desk.

    Each program that is asked is ended after `deadline_s` seconds.

    Raises:
        UnknownName, BadDefinition, DuplicateName: from the definition files.
    """
    from harness import build as building
    from harness import doctor
    from harness.link.checkup import checkup as link_checkup
    from harness.machine import checkup as machine_checkup
    from harness.probe.checkup import plugin_checkup, probes_checkup
    from harness.results import DEFAULT_RESULTS
    from harness.results import checkup as results_checkup

    chosen = [catalog.target(name) for name in targets or _simulated()]
    board = any(target.fidelity is Fidelity.SILICON for target in chosen)
    ask = building.asker(deadline_s)
    desk: list[Finding] = []
    if board or not targets:
        desk = [*probes_checkup(ask, needed=board), *link_checkup(needed=board)]
    return [
        *doctor.checkup(),
        *building.checkup(chosen, ask, cache_dir()),
        *machine_checkup(chosen, ask),
        *plugin_checkup(ask, doctor.reinstall()),
        *desk,
        *results_checkup(results or DEFAULT_RESULTS, deadline_s),
    ]


def profile(cases: Sequence[Case], on_event: Listener = nobody) -> Iterator[Profile | HarnessError]:
    """Check all cases, then take one after the other apart.

    Raises:
        ConfigError, BuildError: before anything is built or started.
        ToolMissing, KeyboardInterrupt: as `profile_cases`.
    """
    from harness.bench.prepare import prepare
    from harness.bench.profile import profile_cases
    from harness.build.parts import read_parts

    own_rig = rig()
    prepared = prepare(list(cases), own_rig.load_dataset)
    yield from profile_cases(prepared, own_rig, read_parts, on_event)


class Bench:
    """The real rig with an open run in the store.

    Args:
        results: path or database URL of the store; None is `results/harness.db`.
    """

    def __init__(self, results: Path | str | None = None) -> None:
        from harness.results import DEFAULT_RESULTS

        self.results = str(results or DEFAULT_RESULTS)
        self.run_id = ""
        self._store: Store | None = None

    def measure_kernels(self, cases: Sequence[Case], on_event: Listener = nobody) -> Outcome:
        """As `measure`, for cases of `plan_kernels`: each target and firmware is started once.

        Raises:
            As `measure`.
        """
        from harness.bench.kept_rig import kept_running
        from harness.bench.kernel_sweep import with_ideal
        from harness.bench.prepare import prepare
        from harness.bench.run import run_cases

        own_rig = rig()
        prepared = [with_ideal(case) for case in prepare(list(cases), own_rig.load_dataset)]
        store = self._opened()
        with kept_running(own_rig) as kept:
            return run_cases(prepared, kept, store, self.run_id, on_event)

    def measure(self, cases: Sequence[Case], on_event: Listener = nobody) -> Outcome:
        """Check all cases, then run and store one after the other.

        Raises:
            ConfigError, BuildError, StoreError: before anything is built or started.
            StoreError, ToolMissing, KeyboardInterrupt: as `run_cases`.
        """
        from harness.bench.prepare import prepare
        from harness.bench.run import run_cases

        own_rig = rig()
        prepared = prepare(list(cases), own_rig.load_dataset)
        store = self._opened()
        return run_cases(prepared, own_rig, store, self.run_id, on_event)

    def _opened(self) -> Store:
        from harness.results import open_store

        if self._store is None:
            store = open_store(self.results)
            self.run_id = store.begin(describe_run())
            self._store = store
        return self._store


def describe_run() -> RunInfo:
    """Who runs this, where and from which state of the working directory's git checkout."""
    commit = _git("rev-parse", "HEAD")
    return RunInfo(
        id=uuid.uuid4().hex,
        started=datetime.now(UTC),
        command_line=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        git_commit=commit,
        git_dirty=None if commit is None else bool(_git("status", "--porcelain")),
        host=platform.node(),
        harness_version=harness.__version__,
    )


@cache
def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
