"""A target of the harness as an MLPerf Tiny device: brought up, its link left to whoever speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.bench.bring_up import bring_up, fitted
from harness.bench.events import Flashing, Listener, Note, Stage, StageStarted
from harness.bench.facts import device_facts, firmware_facts, headers
from harness.bench.rig import Rig
from harness.bench.work_dir import work_dir
from harness.domain.coordinates import Coordinates
from harness.domain.plan import Case
from harness.domain.record import SESSION
from harness.errors import ConfigError
from harness.model import compile_image, read_network


@dataclass(frozen=True)
class TextDevice:
    """Where it is reached, and what a session's record says of it; nobody holds its link."""

    at: Coordinates
    known: Mapping[str, Any]


def require_text(case: Case, *, laps: bool) -> None:
    """Refuse a build variant without the text protocol, or, where `laps` are wanted, without them.

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
    if laps and variant.defines.get("HARNESS_MLPERF_ENERGY") == "1":
        raise ConfigError(
            f"build variant {variant.id} tells its laps to a power meter and not to the host",
            where="--build",
            hint=hint.removesuffix(".") + "; with --serve it can be had for a runner with a meter.",
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
        case.target, case.kernel_set, case.variant, lambda text: on_event(Note(text))
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
