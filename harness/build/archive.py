"""The kernel library as an archive, which all firmware of the same core and flags links."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.build.cache import publish, workshop
from harness.build.cmake import Sources
from harness.build.fingerprint import build_key, tree_hash

VARIABLE = "HARNESS_CMSIS_NN_ARCHIVE"
_NAME = "libcmsis-nn.a"
_SUM_NAME = "sha256"
# Part of every key: raise it when what this package does with the same inputs changes.
_RECIPE = 1
# Of the settings of a build, all that the library's objects depend on.
_SETTINGS = (
    "HARNESS_CPU_FLAGS",
    "HARNESS_OPTIMISATION",
    "HARNESS_UNDEFINES",
    "HARNESS_FILE_DEFINES",
)


@dataclass(frozen=True)
class Archive:
    """An entry of the cache, named by everything that decides the objects' bytes."""

    entry: Path

    def variables(self) -> dict[str, str]:
        """The CMake variable that names the archive; none where it has to be compiled."""
        archive = self.entry / _NAME
        try:
            whole = _sha256(archive) == (self.entry / _SUM_NAME).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return {}
        return {VARIABLE: str(archive)} if whole else {}

    def keep(self, build: Path) -> None:
        """Copy what was compiled in the folder `build` into the cache, if anything was.

        Raises:
            BuildError: the cache cannot be written.
        """
        made = build / _NAME
        if not made.is_file():
            return
        with workshop(self.entry) as making:
            whole = making / "whole"
            whole.mkdir()
            shutil.copyfile(made, whole / _NAME)
            (whole / _SUM_NAME).write_text(_sha256(whole / _NAME), encoding="ascii")
            publish(whole, self.entry)


def library_archive(
    cache_dir: Path, sources: Sources, settings: Mapping[str, str], compiler_version: str
) -> Archive | None:
    """Where the archive of a build's library lies; None of a build without a library."""
    if sources.library is None:
        return None
    root = sources.firmware
    recipes = [*root.glob("CMakeLists.txt"), *root.glob("cmake/*")]
    key = build_key(
        {
            "recipe": _RECIPE,
            "settings": {name: settings[name] for name in _SETTINGS},
            "library": sources.library.tree_hash,
            "recipes": tree_hash(root, recipes),
            "toolchain": sources.toolchain.name if sources.toolchain else "",
            "compiler": compiler_version,
        }
    )
    return Archive(cache_dir / "archives" / key)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
