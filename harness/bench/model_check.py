"""Looks at a model before anything is built, and tells all that a run would stumble over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.bench.scratch_memo import known_scratch
from harness.domain.image import ModelImage
from harness.domain.kernel_code import LinkedKernel
from harness.domain.model_check import (
    CheckedOperator,
    Fit,
    ModelCheck,
    Problem,
    Runs,
    RunsBy,
)
from harness.domain.network import DType, Network, Tensor
from harness.domain.target import Target
from harness.errors import HarnessError, UnsupportedOperator, UnsupportedOperators
from harness.model import compile_image, on_device, read_model
from harness.model.front_ends import front_end_of
from harness.model.lowered import Lowered
from harness.model.lowering import lower
from harness.model.operator_use import ABSENT, OperatorUse, describe

Kernels = Mapping[str, Mapping[int, LinkedKernel]]


def check_model(
    path: Path,
    targets: Sequence[Target],
    kernels: Mapping[str, Iterable[LinkedKernel]],
    cache: Path,
    options: Sequence[str] = (),
) -> ModelCheck:
    """Read a model, lower each operator by itself, and plan it if all can be lowered.

    Args:
        path: of the model file.
        targets: whose memory is looked at.
        kernels: those of each kernel set that is asked about.
        cache: where earlier runs kept what kernels need as scratch.
        options: how the file is read, see `front_ends`.

    Raises:
        BadModel: the file cannot be read.
        ToolMissing: a package that reads it or runs the host reference is not installed.
    """
    fits = tuple(
        Fit(one.id, one.title, one.memory.model_slot.length, one.memory.arena.length)
        for one in targets
    )
    try:
        in_file = read_model(path, options)
    except UnsupportedOperator as error:
        return ModelCheck(path.stem, problems=_each(error), targets=fits)
    network = on_device(in_file)
    by_opcode = {name: {one.opcode: one for one in all_} for name, all_ in kernels.items()}
    problems: list[Problem] = []
    operators = []
    for operator in network.operators:
        use = OperatorUse(network, operator)
        lowered: Lowered | None = None
        try:
            lowered = lower(use)
        except HarnessError as error:
            problems.append(_problem(error))
        operators.append(_checked(use, lowered, by_opcode))
        if lowered is not None:
            problems += _without_kernel(use, lowered, by_opcode)
    notes = [front_end_of(path).EDGES] if front_end_of(path).EDGES else []
    notes += _edges(in_file, network)
    image: ModelImage | None = None
    scratch = known_scratch(cache, network.source_sha256, len(network.operators))
    if not problems:
        try:
            image = compile_image(network, scratch=scratch)
            notes += _mended(path)
        except HarnessError as error:
            problems.append(_problem(error))
    return ModelCheck(
        name=network.name,
        inputs=tuple(describe(network.tensors[index]) for index in network.inputs),
        outputs=tuple(describe(network.tensors[index]) for index in network.outputs),
        operators=tuple(operators),
        problems=tuple(problems),
        notes=tuple(notes),
        image_bytes=len(image.data) if image else None,
        arena_bytes=image.arena_bytes if image else None,
        scratch_bytes=None if scratch is None else max(scratch, default=0),
        macs=image.macs if image else None,
        targets=fits,
    )


def _each(error: UnsupportedOperator) -> tuple[Problem, ...]:
    return tuple(map(_problem, error.each if isinstance(error, UnsupportedOperators) else [error]))


def _problem(error: HarnessError) -> Problem:
    return Problem(error.where, error.what, error.hint, error.exit_code)


def _checked(use: OperatorUse, lowered: Lowered | None, kernels: Kernels) -> CheckedOperator:
    tensors = use.network.tensors
    inputs = [tensors[index] for index in use.operator.inputs if index != ABSENT]
    outputs = [tensors[index] for index in use.operator.outputs]
    first = next((one for one in inputs if one.data is None), None)
    return CheckedOperator(
        index=use.operator.index,
        name=use.operator.name,
        shapes=(first.shape if first else (), outputs[0].shape if outputs else ()),
        dtype=outputs[0].dtype if outputs else DType.INT8,
        by={name: _runs(lowered, known) for name, known in kernels.items()},
    )


def _runs(lowered: Lowered | None, known: Mapping[int, LinkedKernel]) -> RunsBy:
    kernel = known.get(lowered.opcode) if lowered else None
    if kernel is None:
        return RunsBy(Runs.REFUSED)
    return RunsBy(Runs.FALLBACK if kernel.fallback else Runs.KERNEL, kernel.source)


def _without_kernel(use: OperatorUse, lowered: Lowered, kernels: Kernels) -> list[Problem]:
    """A problem for each kernel set that has no kernel for an operator which lowers."""
    return [
        Problem(
            use.where,
            f"kernel set {name} has no kernel for it",
            "Choose another kernel set (`harness kernels`), or add the kernel's file to this one.",
            UnsupportedOperator.exit_code,
        )
        for name, known in kernels.items()
        if lowered.opcode not in known
    ]


def _edges(in_file: Network, network: Network) -> list[str]:
    """What the host does at the edges, and instead of operators."""
    notes = []
    for kind, outer, inner in (
        ("input", in_file.inputs, network.inputs),
        ("output", in_file.outputs, network.outputs),
    ):
        for there, here in zip(outer, inner, strict=True):
            file, device = in_file.tensors[there], network.tensors[here]
            if file.dtype is not device.dtype:
                notes.append(
                    f"{kind} `{file.name}`: {_word(file)} in the file, {_word(device)} on the "
                    "device; the host converts"
                )
    gone = len(in_file.operators) - len(network.operators)
    if gone:
        notes.append(
            f"{gone} of {len(in_file.operators)} operators are done or made needless on the host"
        )
    return notes


def _word(tensor: Tensor) -> str:
    return tensor.dtype.name.lower()


def _mended(path: Path) -> list[str]:
    """What the host reference had to change, and whether there is one at all."""
    mended = str(getattr(front_end_of(path).reference(path), "mended", ""))
    return [f"the host reference runs on a mended copy: {mended}"] if mended else []
