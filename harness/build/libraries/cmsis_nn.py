"""CMSIS-NN's sources: a tree of the user's (CMSIS_NN_ROOT), or a pinned release in the cache."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from harness.build.cache import publish, workshop
from harness.build.fingerprint import source_files, tree_hash
from harness.build.process import run
from harness.domain.firmware import Library
from harness.errors import LibraryUnavailable, ToolMissing

ROOT_VARIABLE = "CMSIS_NN_ROOT"

# A Python package that carries the complete tree of a CMSIS-NN release; it is only unpacked.
DISTRIBUTION = "aidge_export_arm_cortexm"
VERSION = "0.2.1"
SHA256 = "0ea6a694b8c1397bf52158c27854bbd4ddfca433ed4cf06a4c92843b480acbf0"
_INSIDE = PurePosixPath("aidge_export_arm_cortexm/_CMSIS-NN/CMSIS-NN")
_PARTS = ("Include", "Source")

_HEADER = Path("Include") / "arm_nnfunctions.h"
_REVISION = re.compile(r"\$Revision:\s*V?\.?\s*([0-9][0-9A-Za-z.]*)")
_DOWNLOAD_DEADLINE_S = 300.0


def obtain(cache_dir: Path, on_event: Callable[[str], None]) -> Library:
    """The tree that CMSIS_NN_ROOT names, else the pinned one, downloaded when first needed.

    Raises:
        LibraryUnavailable: CMSIS_NN_ROOT names no CMSIS-NN tree, the download failed, or what came
            is not what is pinned.
        ToolMissing: pip, which downloads, is not in this Python environment.
    """
    own = os.environ.get(ROOT_VARIABLE)
    if own:
        return describe(Path(own).expanduser().resolve(), where=ROOT_VARIABLE)
    entry = cache_dir / "libraries" / f"cmsis-nn-{SHA256[:16]}"
    if not (entry / _HEADER).is_file():
        with workshop(entry) as making:
            if not (entry / _HEADER).is_file():
                on_event("downloading CMSIS-NN")
                tree = making / "tree"
                unpack(download(making), tree)
                publish(tree, entry)
    return describe(entry, where=str(entry))


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


def download(folder: Path) -> Path:
    """Fetch the pinned package with pip, which checks its hash, into `folder`.

    Raises:
        ToolMissing: this Python has no pip.
        LibraryUnavailable: pip failed, or the file has another hash.
    """
    if run([sys.executable, "-m", "pip", "--version"], deadline_s=60.0).status != 0:
        raise ToolMissing(
            "pip is not in this Python environment; it is needed to download CMSIS-NN",
            where=sys.executable,
            hint=f"Run `{sys.executable} -m ensurepip`, or set {ROOT_VARIABLE} to a CMSIS-NN tree.",
        )
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{DISTRIBUTION}=={VERSION} --hash=sha256:{SHA256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    result = run(
        [*command, "--dest", folder, "--requirement", wanted], deadline_s=_DOWNLOAD_DEADLINE_S
    )
    if result.status != 0:
        lines = [line.strip() for line in result.output.splitlines() if line.strip()]
        reason = next((line for line in lines if line.startswith("ERROR")), "no reason given")
        raise LibraryUnavailable(
            f"CMSIS-NN ({DISTRIBUTION} {VERSION}) could not be downloaded: {reason}",
            where="pip download",
            hint=f"Check the network, or set {ROOT_VARIABLE} to a CMSIS-NN tree.",
        )
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1 or _sha256(wheels[0]) != SHA256:
        raise LibraryUnavailable(
            f"pip downloaded something else than {DISTRIBUTION} {VERSION}, sha256 {SHA256}",
            where="pip download",
            hint=f"Check pip's package index, or set {ROOT_VARIABLE} to a CMSIS-NN tree.",
        )
    return wheels[0]


def unpack(wheel: Path, tree: Path) -> None:
    """Write Include and Source of the CMSIS-NN tree inside `wheel` to `tree`, and nothing else.

    Raises:
        LibraryUnavailable: not a zip file, a path that leaves the tree, or no such tree inside.
    """
    found = False
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                path = PurePosixPath(member.filename)
                if member.is_dir() or not path.is_relative_to(_INSIDE):
                    continue
                inside = path.relative_to(_INSIDE)
                if ".." in inside.parts:
                    raise zipfile.BadZipFile(f"{member.filename} leads out of the tree")
                if inside.parts[0] not in _PARTS:
                    continue
                file = tree.joinpath(*inside.parts)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(member))
                found = True
    except zipfile.BadZipFile as error:
        raise LibraryUnavailable(
            f"the downloaded package is damaged: {error}",
            where=wheel.name,
            hint=f"Try again, or set {ROOT_VARIABLE} to a CMSIS-NN tree.",
        ) from error
    if not found:
        raise LibraryUnavailable(
            f"the package holds no {_INSIDE}",
            where=wheel.name,
            hint=f"Set {ROOT_VARIABLE} to a CMSIS-NN tree.",
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
