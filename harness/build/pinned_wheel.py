"""A Python package that carries sources: fetched by pip, checked, unpacked, never installed."""

from __future__ import annotations

import hashlib
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.build.process import run
from harness.errors import LibraryUnavailable, ToolMissing

_DOWNLOAD_DEADLINE_S = 300.0


@dataclass(frozen=True)
class Release:
    """A pinned package: hash of its file, and tree hash of what is taken out of it."""

    distribution: str
    version: str
    sha256: str
    tree_hash: str


@dataclass(frozen=True)
class Goods:
    """What is fetched, as messages call it, and what a user can do who cannot fetch it."""

    name: str
    instead: str


def download(release: Release, folder: Path, goods: Goods, *, python: str = sys.executable) -> Path:
    """Fetch the package with pip, which checks its hash, into `folder`.

    Raises:
        ToolMissing: this Python has no pip.
        LibraryUnavailable: pip failed, or the file has another hash.
    """
    if run([python, "-m", "pip", "--version"], deadline_s=60.0).status != 0:
        raise ToolMissing(
            f"pip is not in this Python environment; it is needed to download {goods.name}",
            where=python,
            hint=f"Run `{python} -m ensurepip`, or {goods.instead}.",
        )
    wanted = folder / "requirements.txt"
    wanted.write_text(
        f"{release.distribution}=={release.version} --hash=sha256:{release.sha256}\n",
        encoding="ascii",
    )
    command = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    result = run(
        [*command, "--dest", folder, "--requirement", wanted], deadline_s=_DOWNLOAD_DEADLINE_S
    )
    if result.status != 0:
        lines = [line.strip() for line in result.output.splitlines() if line.strip()]
        reason = next((line for line in lines if line.startswith("ERROR")), "no reason given")
        raise LibraryUnavailable(
            f"{goods.name} ({release.distribution} {release.version}) could not be downloaded: "
            f"{reason}",
            where="pip download",
            hint=f"Check the network, or {goods.instead}.",
        )
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1 or _sha256(wheels[0]) != release.sha256:
        raise LibraryUnavailable(
            f"pip downloaded something else than {release.distribution} {release.version} with "
            f"sha256 {release.sha256}",
            where="pip download",
            hint=f"Check pip's package index, or {goods.instead}.",
        )
    return wheels[0]


def unpack(
    wheel: Path,
    tree: Path,
    goods: Goods,
    *,
    inside: PurePosixPath,
    wanted: Callable[[PurePosixPath], bool],
) -> None:
    """Write the files below `inside` that are `wanted`, told their path there, to `tree`.

    Raises:
        LibraryUnavailable: not a zip file, a path that leaves the tree, or no such files inside.
    """
    found = False
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                path = PurePosixPath(member.filename)
                if member.is_dir() or not path.is_relative_to(inside):
                    continue
                below = path.relative_to(inside)
                if ".." in below.parts:
                    raise zipfile.BadZipFile(f"{member.filename} leads out of the tree")
                if not wanted(below):
                    continue
                file = tree.joinpath(*below.parts)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(member))
                found = True
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise LibraryUnavailable(
            f"the downloaded package is damaged: {error}",
            where=wheel.name,
            hint=f"Try again, or {goods.instead}.",
        ) from error
    if not found:
        raise LibraryUnavailable(
            f"the package holds no {inside}",
            where=wheel.name,
            hint=f"{goods.instead[0].upper()}{goods.instead[1:]}.",
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
