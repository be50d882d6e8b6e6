"""The fields of a record, by when they become known."""

from __future__ import annotations

from typing import Any

import harness
from harness.bench.bring_up import Device
from harness.bench.prepare import Prepared
from harness.bench.steady import Steady
from harness.domain.firmware import Firmware
from harness.domain.target import Target
from harness.domain.units import Fidelity
from harness.link import AgreedRate


def facts_before(prepared: Prepared) -> dict[str, Any]:
    """The fields of a record that are known before the case is run."""
    case = prepared.case
    return {
        "target_id": case.target.id,
        "target_title": case.target.title,
        "core": case.target.core.name,
        "fidelity": case.target.fidelity,
        "kernel_set": case.kernel_set.id,
        "aliases": ", ".join(case.aliases) or None,
        "variant": case.variant.id,
        "model": case.model.name,
        "model_sha256": prepared.network.source_sha256,
        "dataset": prepared.dataset.name,
        "dataset_sha256": prepared.dataset.sha256,
        "inputs": len(prepared.dataset),
        "warmup": case.warmup,
        "repeats": case.repeat,
        "caches": case.variant.caches(case.target),
        "tool_versions": (("harness", harness.__version__),),
    }


def firmware_facts(firmware: Firmware) -> dict[str, Any]:
    """The fields that say what a build tells."""
    library = firmware.library
    return {
        "build_id": firmware.build_id,
        "compiler": firmware.compiler,
        "flags": firmware.flags,
        "library_name": library.name if library else None,
        "library_version": library.version if library else None,
        "library_tree_hash": library.tree_hash if library else None,
        "firmware_flash_bytes": firmware.flash_bytes,
        "firmware_ram_bytes": firmware.ram_bytes,
    }


def link_facts(steady: Steady) -> dict[str, Any]:
    """The fields that say what happened on the link."""
    return {
        "frames_repeated": steady.frames_repeated,
        "incidents": "; ".join(steady.incidents) or None,
    }


def device_facts(device: Device, resolution: float) -> dict[str, Any]:
    """The fields that say what the device proved."""
    image = device.image
    return {
        "image_crc32": image.crc32,
        "image_bytes": len(image.data),
        "arena_bytes": image.arena_bytes,
        "arena_lower_bound": image.arena_lower_bound,
        "weight_bytes": image.weight_bytes,
        "macs": image.macs,
        "clock_hz": device.identity.clock_hz,
        "counter_name": device.identity.counter,
        "counter_resolution": resolution,
        "board_serial": device.at.board_serial,
        "protocol_version": device.identity.protocol_version,
        "tool_versions": (
            ("harness", harness.__version__),
            ("pyocd", device.board.pyocd_version),
            *device.at.versions,
        ),
    }


def link_rate(agreed: AgreedRate, target: Target) -> tuple[tuple[str, str], ...]:
    """The rate of the link, where there was a choice; a simulated one has none."""
    if target.max_baud_rate is None or target.fidelity is Fidelity.SIMULATED:
        return ()
    return (("link", f"{agreed.baud_rate} baud"),)


def headers(firmware: Firmware) -> tuple[tuple[str, str], ...]:
    """Which device header the firmware was built with, and the hash of all it came with."""
    found = firmware.device_headers
    if found is None:
        return ()
    return (("device-headers", f"{found.name} of {found.source}, {found.tree_hash}"),)
