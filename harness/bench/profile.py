"""A case taken apart: one RUN for the whole, one PROFILE for its operators, and their closure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.bench.board_health import BoardHealth
from harness.bench.bring_up import HANDSHAKE_DEADLINE_S, Device, bring_up, fitted, greet
from harness.bench.closure import closure_bound, require_closure
from harness.bench.events import CaseStarted, Flashing, Listener, Note, Stage, StageStarted
from harness.bench.operator_kernels import operator_kernels
from harness.bench.prepare import Prepared
from harness.bench.profile_arena import arena_tenants
from harness.bench.profile_stack import high_water, paint
from harness.bench.rig import Deadlines, Rig
from harness.bench.work_dir import work_dir
from harness.domain.device import ProfileReply, Reply
from harness.domain.firmware import Firmware
from harness.domain.image import ModelImage
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing
from harness.domain.network import Network
from harness.domain.plan import Case
from harness.domain.profile import FirmwareParts, OperatorProfile, Profile
from harness.errors import (
    CounterStuck,
    HarnessError,
    MeasurementError,
    StoreError,
    ToolMissing,
    WindowMissed,
)
from harness.link import DeviceClient
from harness.model import operator_costs

ReadParts = Callable[[Path, str], FirmwareParts]


def profile_cases(
    cases: Sequence[Prepared],
    rig: Rig,
    read_parts: ReadParts,
    on_event: Listener,
    boards: BoardHealth | None = None,
) -> Iterator[Profile | HarnessError]:
    """Profile `cases` in order, each with its first input; a case that fails gives its error.

    `boards` is what the rig asks which boards are broken, where it does.

    Raises:
        StoreError, ToolMissing: every further case would fail alike.
    """
    boards = boards or BoardHealth()
    for number, prepared in enumerate(cases, start=1):
        on_event(CaseStarted(prepared.case, number, len(cases)))
        try:
            boards.require_sound(prepared.case.target)
            yield profile_case(prepared, rig, read_parts, on_event)
        except (StoreError, ToolMissing):
            raise
        except HarnessError as error:
            boards.note(prepared.case.target, error)
            yield error


def profile_case(
    prepared: Prepared, rig: Rig, read_parts: ReadParts, on_event: Listener
) -> Profile:
    """Build, bring up, and measure the whole and its parts in two passes.

    Raises:
        HarnessError: as a case of a run.
        MeasurementError: nothing can be counted there; the parts do not add up to the whole, or
            give another output.
    """
    case = prepared.case
    fitted(prepared.image, case.target)
    on_event(StageStarted(Stage.BUILD))
    firmware = rig.build(
        case.target, case.kernel_set, case.variant, lambda text: on_event(Note(text))
    )
    parts = read_parts(firmware.elf, firmware.library.name if firmware.library else "")
    kernels = operator_kernels(prepared.image.operators, rig.read_kernels(firmware))
    with (
        work_dir() as folder,
        bring_up(
            case.target,
            firmware,
            prepared.network,
            rig,
            folder,
            lambda stage: on_event(StageStarted(stage)),
            lambda phase, fraction: on_event(Flashing(phase, fraction)),
        ) as device,
    ):
        _require_counter(device, case)
        _restart_with_painted_stack(device, case, firmware, parts)
        on_event(Note("measuring the whole, then each operator"))
        whole, profile = _two_passes(device.client, prepared, len(device.image.operators))
        stack = high_water(device.board, parts.stack)
        image = device.image
    _require_counted(whole, case)
    require_closure(whole.ticks[0], b"".join(whole.outputs), profile, case.label)
    operators = _operators(prepared.network, image, kernels, profile.ticks, case)
    return _profile(
        prepared.network, case, firmware, parts, image, whole, profile, operators, stack
    )


def _require_counter(device: Device, case: Case) -> None:
    if device.at.no_counter:
        raise MeasurementError(
            f"nothing can be counted on {case.target.id}: {device.at.no_counter}",
            where=case.label,
            hint=f"See what it lacks with `harness doctor --target {case.target.id}`.",
        )


def _restart_with_painted_stack(
    device: Device, case: Case, firmware: Firmware, parts: FirmwareParts
) -> None:
    paint(device.board, parts.stack)
    device.board.reset_and_run()
    greet(device.client, case.target, firmware)
    device.client.describe(HANDSHAKE_DEADLINE_S)


def _two_passes(
    client: DeviceClient, prepared: Prepared, operators: int
) -> tuple[Reply, ProfileReply]:
    warmup = prepared.case.warmup
    deadline_s = Deadlines().inference_s * (warmup + 1)
    sample = prepared.dataset.inputs[0].tobytes()
    whole = client.infer(sample, warmup=warmup, repeats=1, deadline_s=deadline_s)
    return whole, client.profile(warmup, operators, deadline_s)


def _require_counted(whole: Reply, case: Case) -> None:
    if whole.link_interrupts:
        raise WindowMissed(
            f"{whole.link_interrupts} link interrupts fell into the measured windows",
            where=case.label,
            hint="Let nothing else talk to the device's port while it is measured.",
        )
    if whole.ticks[0] == 0:
        raise CounterStuck(
            "the counter did not move",
            where=case.label,
            hint="Check that the target's counter runs (a simulator may lack it).",
        )


def _profile(
    network: Network,
    case: Case,
    firmware: Firmware,
    parts: FirmwareParts,
    image: ModelImage,
    whole: Reply,
    profile: ProfileReply,
    operators: tuple[OperatorProfile, ...],
    stack: int | Missing,
) -> Profile:
    counter = case.target.counter
    library = firmware.library
    return Profile(
        target_id=case.target.id,
        core=case.target.core.name,
        fidelity=case.target.fidelity,
        kernel_set=case.kernel_set.id,
        variant=case.variant.id,
        model=case.model.name,
        model_sha256=network.source_sha256,
        build_id=firmware.build_id,
        compiler=firmware.compiler,
        flags=firmware.flags,
        library=f"{library.name} {library.version}" if library else "",
        counter=counter.name,
        unit=counter.unit,
        resolution=counter.per_tick,
        whole=whole.ticks[0] * counter.per_tick,
        empty_window=profile.empty_window * counter.per_tick,
        bound=closure_bound(profile) * counter.per_tick,
        operators=operators,
        arena_bytes=image.arena_bytes,
        arena_lower_bound=image.arena_lower_bound,
        arena=arena_tenants(network, image),
        parts=parts.parts,
        flash_bytes=firmware.flash_bytes,
        stack_reserved=firmware.stack_bytes,
        stack_used=stack,
    )


def _operators(
    network: Network,
    image: ModelImage,
    kernels: Sequence[OperatorKernel],
    ticks: Sequence[int],
    case: Case,
) -> tuple[OperatorProfile, ...]:
    sizes = {placement.index: placement.nbytes for placement in image.placements}
    total = sum(ticks)
    return tuple(
        OperatorProfile(
            index=operator.index,
            name=operator.name,
            inputs=cost.inputs,
            outputs=cost.outputs,
            kernel=kernel if kernel.source else None,
            ticks=count,
            count=count * case.target.counter.per_tick,
            share=count / total if total else 0.0,
            macs=summary.macs,
            weight_bytes=summary.weight_bytes,
            arena_in=sum(sizes.get(index, 0) for index in dict.fromkeys(operator.inputs)),
            arena_out=sum(sizes.get(index, 0) for index in operator.outputs),
            scratch_bytes=summary.scratch_bytes,
        )
        for operator, cost, summary, kernel, count in zip(
            network.operators, operator_costs(network), image.operators, kernels, ticks, strict=True
        )
    )
