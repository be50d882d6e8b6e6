"""A target of the harness as an MLPerf Tiny device: brought up, its link left to whoever speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from harness.bench.bring_up import bring_up, fitted
from harness.bench.events import Flashing, Listener, Note, Stage, StageStarted
from harness.bench.facts import device_facts, firmware_facts, headers
from harness.bench.rig import Rig
from harness.bench.work_dir import work_dir
from harness.domain.coordinates import Coordinates
from harness.domain.firmware import BuildVariant
from harness.domain.mlperf import BENCHMARKS, Benchmark
from harness.domain.plan import Case
from harness.domain.record import SESSION
from harness.domain.units import Fidelity
from harness.errors import ConfigError
from harness.model import compile_image, read_network


@dataclass(frozen=True)
class TextDevice:
    """Where it is reached, and what a session's record says of it; nobody holds its link."""

    at: Coordinates
    known: Mapping[str, Any]


def require_text(case: Case, *, laps: bool, stamps: bool = False) -> None:
    """Refuse a build variant without the text protocol, or without the `laps` that are wanted.

    `stamps` are those that a meter sees.

    Raises:
        ConfigError: naming the variant.
    """
    variant, hint = case.variant, "Leave --build out, or build O2."
    if variant.defines.get("HARNESS_MLPERF") == "0":
        raise ConfigError(
            f"build variant {variant.id} does not speak MLPerf Tiny's text protocol",
            where="--build",
            hint=hint,
        )
    if stamps and variant.defines.get("HARNESS_MLPERF_ENERGY") != "1":
        raise ConfigError(
            f"build variant {variant.id} tells its laps to the host and not to a power meter",
            where="--build",
            hint="Leave --build out, or build mlperf-energy.",
        )
    if laps and variant.defines.get("HARNESS_MLPERF_ENERGY") == "1":
        raise ConfigError(
            f"build variant {variant.id} tells its laps to a power meter and not to the host",
            where="--build",
            hint=hint.removesuffix(".") + "; with --serve it can be had for a runner with a meter.",
        )


def benchmark_of(case: Case) -> Benchmark:
    """The benchmark whose input the case's model takes, as the firmware tells them apart.

    Raises:
        ConfigError: it is none's.
        BadModel: the file cannot be read.
    """
    network = read_network(case.model.path)
    elements = network.tensors[network.inputs[0]].elements
    for benchmark in BENCHMARKS.values():
        if benchmark.elements == elements:
            return benchmark
    wanted = ", ".join(f"{known.id} {known.elements:,}" for known in BENCHMARKS.values())
    raise ConfigError(
        f"{case.model.name} takes {elements:,} values per inference, and is no benchmark's model",
        where="--model",
        hint=f"Take a model whose input is a benchmark's: {wanted}.",
    )


@contextmanager
def text_device(case: Case, rig: Rig, on_event: Listener) -> Iterator[TextDevice]:
    """Build, flash, verify and shake hands in frames; yield the device with its link closed.

    Raises:
        BadModel, UnsupportedOperator, ImageTooLarge: a model that cannot run there.
        BuildError: no firmware.
        As `bring_up`.
    """
    network = read_network(case.model.path, case.model.options)
    fitted(compile_image(network), case.target)
    on_event(StageStarted(Stage.BUILD))
    firmware = rig.build(
        case.target, case.kernel_set, _named(case), lambda text: on_event(Note(text))
    )
    with (
        work_dir() as folder,
        bring_up(
            case.target,
            firmware,
            network,
            rig,
            folder,
            lambda stage: on_event(StageStarted(stage)),
            lambda phase, fraction: on_event(Flashing(phase, fraction)),
        ) as device,
    ):
        known = firmware_facts(firmware) | device_facts(device, case.target.counter.per_tick)
        known["tool_versions"] += headers(firmware)
        device.hang_up()
        yield TextDevice(
            device.at,
            known
            | {
                "target_id": f"{SESSION}{case.target.id}",
                "target_title": case.target.title,
                "core": case.target.core.name,
                "kernel_set": case.kernel_set.id,
                "variant": case.variant.id,
                "model_sha256": network.source_sha256,
            },
        )


def _named(case: Case) -> BuildVariant:
    """The variant; for a simulated twin of a board with a device name that says so.

    Elsewhere a twin runs its board's very firmware. But another's runner believes what a name says.
    """
    target, variant = case.target, case.variant
    if target.fidelity is Fidelity.SILICON or target.firmware_target == target.id:
        return variant
    name = f'"{target.id} simulated"'
    return replace(variant, defines={**variant.defines, "HARNESS_DEVICE_NAME": name})
