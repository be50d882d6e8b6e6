"""One firmware per target, kernel set and variant: found in the cache, or built into it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.build.archive import library_archive
from harness.build.cache import publish, workshop
from harness.build.cmake import (
    ELF_NAME,
    FLAGS_NAME,
    Sources,
    configure_and_build,
    places,
    settings,
)
from harness.build.compiler_log import build_failure
from harness.build.core_macros import core_macros
from harness.build.device_headers import obtain_headers
from harness.build.elf import read_elf
from harness.build.fingerprint import build_key, firmware_sources, source_files, tree_hash
from harness.build.libraries import obtain_library
from harness.build.tools import COMPILER, compiler_version, find_tool
from harness.domain.firmware import BuildVariant, Firmware, KernelSet
from harness.domain.target import Memory, Target
from harness.errors import ConfigError

# Part of every key: raise it when what this package does with the same inputs changes.
_RECIPE = 3
_FACTS_NAME = "facts.json"


def build_firmware(
    target: Target,
    kernel_set: KernelSet,
    variant: BuildVariant,
    *,
    cache_dir: Path,
    firmware_root: Path,
    port_directory: Path,
    on_event: Callable[[str], None] | None = None,
) -> Firmware:
    """Build firmware, or take it from the cache if nothing that it is made from has changed.

    `on_event` hears one line before each step that takes long. Same inputs give the same ELF, byte
    for byte, wherever sources and cache lie.

    Raises:
        ConfigError: the core lacks what the kernel set requires.
        ToolMissing: compiler, cmake or ninja are not installed.
        LibraryUnavailable: the kernel library's sources or the device header cannot be had.
        CompileFailed: CMake, compiler or linker report an error.
        ImageTooLarge: a memory region of the target is too small.
        BuildError: a step took too long, or the cache cannot be written.
    """
    tell = on_event or _nobody
    cache_dir = cache_dir.resolve()
    linker = find_tool(COMPILER)
    compiler = find_tool(variant.compiler) if variant.compiler else linker
    _require_core(target, kernel_set)
    library = obtain_library(kernel_set.library, cache_dir, tell) if kernel_set.library else None
    headers = (
        obtain_headers(target.device_header, cache_dir, tell) if target.device_header else None
    )
    sources = Sources(
        firmware=firmware_root.resolve(),
        port=port_directory.resolve(),
        kernels=tuple(folder.resolve() for folder in kernel_set.directories),
        library=library,
        toolchain=_toolchain(firmware_root, variant),
        device_headers=headers,
    )
    version = compiler_version(compiler)
    if compiler != linker:
        version += f", linked by {compiler_version(linker)}"
    job = _Job(target, kernel_set, variant, sources, compiler, version)
    entry = cache_dir / "firmware" / job.key()
    found = job.recall(entry)
    if found is not None:
        return found
    with workshop(entry) as making:
        found = job.recall(entry)
        if found is not None:
            return found
        tell(f"building firmware for {job.label}")
        made = job.make(making, cache_dir)
        publish(made, entry)
    built = job.recall(entry, from_cache=False)
    if built is None:
        raise RuntimeError(f"{entry} vanished while it was being written")
    return built


def _toolchain(firmware_root: Path, variant: BuildVariant) -> Path | None:
    if not variant.compiler:
        return None
    return firmware_root.resolve() / "cmake" / f"{variant.compiler}.cmake"


def _require_core(target: Target, kernel_set: KernelSet) -> None:
    """Refuse a firmware that would be named for paths that it does not have."""
    macros = core_macros(target.core) if kernel_set.requires else {}
    refusal = kernel_set.refusal(target.core.name, macros)
    if refusal:
        raise ConfigError(
            refusal,
            where=target.id,
            hint=f"Choose another kernel set (`harness kernels --target {target.id}`).",
        )


@dataclass(frozen=True)
class _Job:
    target: Target
    kernel_set: KernelSet
    variant: BuildVariant
    sources: Sources
    compiler: Path
    compiler_version: str

    @property
    def label(self) -> str:
        return f"{self.target.id} with {self.kernel_set.id} ({self.variant.id})"

    def key(self) -> str:
        sources = self.sources
        return build_key(
            {
                "recipe": _RECIPE,
                "settings": settings(self.target, self.kernel_set, self.variant),
                "firmware": tree_hash(sources.firmware, firmware_sources(sources.firmware)),
                "port": [sources.port.name, _hash(sources.port)],
                "kernels": [[folder.name, _hash(folder)] for folder in sources.kernels],
                "library": sources.library.tree_hash if sources.library else "",
                "device headers": sources.device_headers.tree_hash
                if sources.device_headers
                else "",
                "compiler": self.compiler_version,
            }
        )

    def make(self, making: Path, cache_dir: Path) -> Path:
        """Build in the folder `making`; return the folder that is to become the cache entry."""
        build = making / "build"
        chosen = settings(self.target, self.kernel_set, self.variant)
        variables = chosen | places(self.sources, build)
        archive = library_archive(cache_dir, self.sources, chosen, self.compiler_version)
        if archive is not None:
            variables |= archive.variables()
        good, log = configure_and_build(self.sources.firmware, build, variables, self.compiler)
        if not good or not (build / ELF_NAME).is_file() or not (build / FLAGS_NAME).is_file():
            log_file = cache_dir / "failed" / f"{self.key()}.log"
            log_file.parent.mkdir(parents=True, exist_ok=True)
            log_file.write_text(log, encoding="utf-8")
            raise build_failure(log, log_file, self.target.memory, self.label)
        if archive is not None:
            archive.keep(build)
        made = making / "made"
        made.mkdir()
        shutil.copyfile(build / ELF_NAME, made / ELF_NAME)
        flags = (build / FLAGS_NAME).read_text(encoding="utf-8").strip()
        facts = {"flags": flags} | _facts(made / ELF_NAME, self.target.memory, self.sources.kernels)
        (made / _FACTS_NAME).write_text(json.dumps(facts), encoding="utf-8")
        return made

    def recall(self, entry: Path, *, from_cache: bool = True) -> Firmware | None:
        """The firmware in the cache entry; None if it is not there, or not as it was written."""
        elf = entry / ELF_NAME
        try:
            facts = json.loads((entry / _FACTS_NAME).read_text(encoding="utf-8"))
            if facts.pop("sha256") != _sha256(elf):
                return None
            return self._firmware(elf, from_cache, **facts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _firmware(self, elf: Path, from_cache: bool, **facts: Any) -> Firmware:
        return Firmware(
            elf=elf,
            target=self.target.id,
            kernel_set=self.kernel_set.id,
            variant=self.variant.id,
            compiler=self.compiler_version,
            library=self.sources.library,
            device_headers=self.sources.device_headers,
            from_cache=from_cache,
            fallbacks=tuple(
                operator
                for operator, origin in facts["kernels"].items()
                if self.kernel_set.is_fallback(operator, origin)
            ),
            **facts,
        )


def _facts(elf: Path, memory: Memory, kernel_folders: tuple[Path, ...]) -> dict[str, Any]:
    read = read_elf(elf, memory, kernel_folders)
    return {
        "sha256": _sha256(elf),
        "build_id": read.build_id,
        "flash_bytes": read.flash_bytes,
        "ram_bytes": read.ram_bytes,
        "stack_bytes": read.stack_bytes,
        "kernels": dict(read.kernels),
    }


def _hash(folder: Path) -> str:
    return tree_hash(folder, source_files(folder))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _nobody(message: str) -> None:
    """Listen to nothing."""
