"""The fields of a record that are no readings, by when they become known."""

from __future__ import annotations

from typing import Any

import harness
from harness.bench.bring_up import Device
from harness.bench.prepare import Prepared
from harness.bench.steady import Steady
from harness.domain.firmware import Firmware


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
        "tool_versions": (("harness", harness.__version__),),
    }


def firmware_facts(firmware: Firmware) -> dict[str, Any]:
    """What the build tells."""
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


def headers(firmware: Firmware) -> tuple[tuple[str, str], ...]:
    """Which device header the firmware was built with, and the hash of all it came with."""
    headers = firmware.device_headers
    if headers is None:
        return ()
    return (("device-headers", f"{headers.name} of {headers.source}, {headers.tree_hash}"),)


def link_facts(steady: Steady) -> dict[str, Any]:
    """What went wrong while inputs were streamed, and did no harm."""
    return {
        "frames_repeated": steady.frames_repeated,
        "incidents": "; ".join(steady.incidents) or None,
    }


def device_facts(device: Device, resolution: float) -> dict[str, Any]:
    """What the device and its image tell; `resolution` is that of the counter, in its unit."""
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
        "tool_versions": (
            ("harness", harness.__version__),
            ("pyocd", device.board.pyocd_version),
            *device.at.versions,
        ),
    }
