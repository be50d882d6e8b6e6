"""Vendors' register headers with CMSIS's: from a folder of the user's, or a pinned package."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from harness.build import pinned_wheel
from harness.build.cache import publish, workshop
from harness.build.fingerprint import source_files, tree_hash
from harness.build.libraries import cmsis_nn
from harness.build.pinned_wheel import Goods, Release
from harness.domain.checkup import Finding, State
from harness.domain.firmware import DeviceHeaders
from harness.errors import LibraryUnavailable

ROOT_VARIABLE = "CMSIS_DEVICE_ROOT"

# The package that carries CMSIS-NN has ST's headers of STM32F746 and STM32H743, too.
PINNED = Release(
    distribution=cmsis_nn.PINNED.distribution,
    version=cmsis_nn.PINNED.version,
    sha256=cmsis_nn.PINNED.sha256,
    tree_hash="3b73b1895065e01e37713607c086afb2efe82f713901e574f75fcbfc36943070",
)
_INSIDE = PurePosixPath("aidge_export_arm_cortexm/boards")
_GOODS = Goods("device headers", f"set {ROOT_VARIABLE} to a folder with ST's and CMSIS headers")
_CORE = "cmsis_compiler.h"  # lies beside the headers of all cores


def obtain_headers(
    name: str,
    cache_dir: Path,
    on_event: Callable[[str], None],
    *,
    release: Release = PINNED,
    fetch: Callable[[Release, Path], Path] | None = None,
) -> DeviceHeaders:
    """The device header `name` ("stm32h743xx.h") and the CMSIS core headers it includes.

    They come from below the folder that CMSIS_DEVICE_ROOT names (an unpacked CMSIS-Pack or a
    vendor's package), else from the pinned package, downloaded when first needed.

    Raises:
        LibraryUnavailable: there is no such header, or the package cannot be had.
        ToolMissing: pip, which downloads, is not in this Python environment.
    """
    own = os.environ.get(ROOT_VARIABLE)
    if own:
        root = Path(own).expanduser().resolve()
        return find_headers(name, root, source=str(root), where=ROOT_VARIABLE)
    entry = _entry(cache_dir, release)
    if not _is_whole(entry, release):
        with workshop(entry) as making:
            if not _is_whole(entry, release):
                on_event("downloading device headers")
                tree = making / "tree"
                wheel = (fetch or _download)(release, making)
                pinned_wheel.unpack(wheel, tree, _GOODS, inside=_INSIDE, wanted=_is_header)
                publish(tree, entry)
        if not _is_whole(entry, release):
            raise LibraryUnavailable(
                "the downloaded device headers are not the pinned ones",
                where=str(entry),
                hint=f"Set {ROOT_VARIABLE} to a folder with ST's and CMSIS headers.",
            )
    source = f"{release.distribution} {release.version}"
    return find_headers(name, entry, source=source, where=str(entry))


def headers_checkup(name: str, cache_dir: Path, *, release: Release = PINNED) -> Finding:
    """Whether the device header `name` is there, and from where; nothing is downloaded."""
    own = os.environ.get(ROOT_VARIABLE)
    entry = _entry(cache_dir, release)
    if not own and not _is_whole(entry, release):
        return Finding(
            *("build", name, State.OPTIONAL),
            note="not there yet: the first build that needs it downloads it",
        )
    root = Path(own).expanduser().resolve() if own else entry
    try:
        found = find_headers(name, root, source=ROOT_VARIABLE if own else "", where=str(root))
    except LibraryUnavailable as error:
        return Finding(
            *("build", name, State.MISSING),
            note=f"{root}: {error.what}",
            mend=f"unset {ROOT_VARIABLE}" if own else f"export {ROOT_VARIABLE}=$HOME/headers",
            exit_code=error.exit_code,
        )
    return Finding("build", name, State.OK, note=str(found.include[0]))


def find_headers(name: str, root: Path, *, source: str, where: str) -> DeviceHeaders:
    """Find the header and the nearest CMSIS core headers below `root`.

    Raises:
        LibraryUnavailable: one of both is not there, or cannot be read.
    """
    try:
        device = next(iter(sorted(root.rglob(name))), None)
        if device is None:
            raise _missing(f"there is no {name}", where)
        cores = [path.parent for path in sorted(root.rglob(_CORE))]
        if not cores:
            raise _missing(f"there are no CMSIS core headers ({_CORE})", where)
        core = max(cores, key=lambda folder: _shared(folder, device))
        include = (device.parent, core)
        files = {file for folder in include for file in source_files(folder)}
        return DeviceHeaders(name, source, tree_hash(root, files), include)
    except OSError as error:
        raise _missing(f"{error.filename} cannot be read: {error.strerror}", where) from error


def _missing(what: str, where: str) -> LibraryUnavailable:
    return LibraryUnavailable(
        what,
        where=where,
        hint=f"Set {ROOT_VARIABLE} to a folder that holds the device header and CMSIS's own.",
    )


def _shared(one: Path, other: Path) -> int:
    """How many folders two paths have in common, from the root."""
    return len(Path(os.path.commonpath([one, other])).parts)


def _is_header(path: PurePosixPath) -> bool:
    return path.suffix == ".h" and "CMSIS" in path.parts and "Drivers" in path.parts


def _entry(cache_dir: Path, release: Release) -> Path:
    return cache_dir / "libraries" / f"device-headers-{release.sha256[:16]}"


def _is_whole(entry: Path, release: Release) -> bool:
    try:
        return entry.is_dir() and tree_hash(entry, source_files(entry)) == release.tree_hash
    except OSError:
        return False


def _download(release: Release, folder: Path) -> Path:
    return pinned_wheel.download(release, folder, _GOODS)
