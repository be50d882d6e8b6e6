"""CMSIS-NN's sources: a tree of the user's (CMSIS_NN_ROOT), or a pinned release in the cache."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from harness.build import pinned_wheel
from harness.build.cache import publish, workshop
from harness.build.fingerprint import source_files, tree_hash
from harness.build.pinned_wheel import Goods, Release
from harness.domain.checkup import Finding, State
from harness.domain.firmware import Library
from harness.errors import LibraryUnavailable

ROOT_VARIABLE = "CMSIS_NN_ROOT"

# CMSIS-NN V.12.5.1. The package is only unpacked, never installed.
PINNED = Release(
    distribution="aidge_export_arm_cortexm",
    version="0.2.1",
    sha256="0ea6a694b8c1397bf52158c27854bbd4ddfca433ed4cf06a4c92843b480acbf0",
    tree_hash="5e3aff5b0833211323a3f466623c0e4bc95463e601f211ddb20d664830c1a84c",
)
_INSIDE = PurePosixPath("aidge_export_arm_cortexm/_CMSIS-NN/CMSIS-NN")
_PARTS = ("Include", "Source")

_HEADER = Path("Include") / "arm_nnfunctions.h"
_GOODS = Goods("CMSIS-NN", f"set {ROOT_VARIABLE} to a CMSIS-NN tree")
_REVISION = re.compile(r"\$Revision:\s*V?\.?\s*([0-9][0-9A-Za-z.]*)")


def obtain(
    cache_dir: Path,
    on_event: Callable[[str], None],
    *,
    release: Release = PINNED,
    fetch: Callable[[Release, Path], Path] | None = None,
) -> Library:
    """The tree that CMSIS_NN_ROOT names, else the pinned one, downloaded when first needed.

    Raises:
        LibraryUnavailable: CMSIS_NN_ROOT names no CMSIS-NN tree, the download failed, or what came
            is not what is pinned.
        ToolMissing: pip, which downloads, is not in this Python environment.
    """
    own = os.environ.get(ROOT_VARIABLE)
    if own:
        return describe(Path(own).expanduser().resolve(), where=ROOT_VARIABLE)
    entry = _entry(cache_dir, release)
    found = _cached(entry, release)
    if found is not None:
        return found
    with workshop(entry) as making:
        found = _cached(entry, release)
        if found is not None:
            return found
        on_event("downloading CMSIS-NN")
        tree = making / "tree"
        unpack((fetch or download)(release, making), tree)
        publish(tree, entry)
    found = _cached(entry, release)
    if found is None:
        raise LibraryUnavailable(
            "the downloaded CMSIS-NN is not the pinned tree",
            where=str(entry),
            hint=f"Set {ROOT_VARIABLE} to a CMSIS-NN tree.",
        )
    return found


def checkup(cache_dir: Path, *, release: Release = PINNED) -> Finding:
    """Which tree a build would take: that of CMSIS_NN_ROOT, the cached one, or one to download."""
    own = os.environ.get(ROOT_VARIABLE)
    if own:
        try:
            found = describe(Path(own).expanduser().resolve(), where=ROOT_VARIABLE)
        except LibraryUnavailable as error:
            return Finding(
                *("build", "cmsis-nn", State.FAULTY),
                note=f"{ROOT_VARIABLE}: {error.what}",
                mend=f"unset {ROOT_VARIABLE}",
                exit_code=error.exit_code,
            )
        return Finding(
            "build", "cmsis-nn", State.OK, found.version, f"{ROOT_VARIABLE}={found.root}"
        )
    entry = _entry(cache_dir, release)
    try:
        cached = _cached(entry, release)
    except (LibraryUnavailable, OSError):  # damaged, which a build finds out too
        cached = None
    if cached is not None:
        return Finding("build", "cmsis-nn", State.OK, cached.version, f"cached in {entry}")
    state = "damaged" if os.access(entry, os.F_OK) else "not there yet"
    return Finding(
        *("build", "cmsis-nn", State.OPTIONAL),
        note=f"{state}: the first run that needs it downloads it",
        mend="harness run --kernels cmsis-nn --model mlp-digits --limit 1",
    )


def _entry(cache_dir: Path, release: Release) -> Path:
    return cache_dir / "libraries" / f"cmsis-nn-{release.sha256[:16]}"


def _cached(entry: Path, release: Release) -> Library | None:
    """The tree in the cache; None if it is not there, or no longer what was unpacked."""
    if not (entry / _HEADER).is_file():
        return None
    found = describe(entry, where=str(entry))
    return found if found.tree_hash == release.tree_hash else None


def describe(root: Path, *, where: str) -> Library:
    """Version (from the header) and hash (over Include and Source) of the tree `root`.

    Raises:
        LibraryUnavailable: it lacks Include/arm_nnfunctions.h, its revision, or Source.
    """
    header = root / _HEADER
    try:
        found = _REVISION.search(header.read_text(encoding="utf-8", errors="replace"))
        files = [path for part in _PARTS for path in source_files(root / part)]
        has_sources = any(path.suffix == ".c" for path in files)
        if found and has_sources:
            return Library("cmsis-nn", found.group(1), tree_hash(root, files), root)
    except OSError as error:
        raise LibraryUnavailable(
            f"{error.filename} cannot be read: {error.strerror}",
            where=where,
            hint=f"Set {ROOT_VARIABLE} to the folder of a CMSIS-NN checkout or unpacked pack.",
        ) from error
    missing = "no .c files below Source" if found else f"no $Revision in {_HEADER.as_posix()}"
    raise LibraryUnavailable(
        f"{root} has {missing}",
        where=where,
        hint=f"Set {ROOT_VARIABLE} to the folder of a CMSIS-NN checkout or unpacked pack.",
    )


def download(release: Release, folder: Path, *, python: str = sys.executable) -> Path:
    """Fetch the pinned package with pip, which checks its hash, into `folder`.

    Raises:
        ToolMissing, LibraryUnavailable: see `harness.build.pinned_wheel`.
    """
    return pinned_wheel.download(release, folder, _GOODS, python=python)


def unpack(wheel: Path, tree: Path) -> None:
    """Write Include and Source of the CMSIS-NN tree inside `wheel` to `tree`, and nothing else.

    Raises:
        LibraryUnavailable: see `harness.build.pinned_wheel`.
    """
    pinned_wheel.unpack(
        wheel, tree, _GOODS, inside=_INSIDE, wanted=lambda path: path.parts[0] in _PARTS
    )
