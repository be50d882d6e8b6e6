"""Where definition files lie: shipped with the package, and in the trees of HARNESS_PATH."""

from __future__ import annotations

import os
from pathlib import Path

from harness.catalog.definitions import pick
from harness.errors import BadDefinition

PATH_VARIABLE = "HARNESS_PATH"

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_root() -> Path:
    """The folder that holds `firmware/` and `targets/`.

    An installed wheel carries them under `harness/share`; in a checkout they lie beside it.

    Raises:
        BadDefinition: neither place holds them, so the installation is damaged.
    """
    for root in (_PACKAGE / "share", _PACKAGE.parent):
        if (root / "firmware" / "core").is_dir() and (root / "targets").is_dir():
            return root
    raise BadDefinition(
        "the firmware sources and targets that belong to the package are missing",
        where=str(_PACKAGE),
        hint="Install the package again.",
    )


def firmware_root() -> Path:
    """The shipped `firmware/` folder: `CMakeLists.txt`, core, ports and kernels."""
    return shipped_root() / "firmware"


def bundled_root() -> Path:
    """The folder of bundled models and data sets."""
    return _PACKAGE / "bundled"


def extra_trees() -> tuple[Path, ...]:
    """The folders that HARNESS_PATH names, in order.

    Raises:
        BadDefinition: one of them is not a folder.
    """
    entries = os.environ.get(PATH_VARIABLE, "").split(os.pathsep)
    trees = tuple(Path(entry).expanduser().resolve() for entry in entries if entry)
    for tree in trees:
        if not tree.is_dir():
            raise BadDefinition(
                f"{tree} is not a folder",
                where=PATH_VARIABLE,
                hint=f"Create it, or take it out of {PATH_VARIABLE}.",
            )
    return trees


def folders(below: str) -> tuple[Path, ...]:
    """Every existing folder `below` ("targets", "firmware/kernels", ...), shipped one first."""
    roots = (shipped_root(), *extra_trees())
    return tuple(root / below for root in roots if (root / below).is_dir())


def model_folders() -> tuple[Path, ...]:
    """Every folder of model definitions: the bundled one, then `models/` of the extra trees."""
    candidates = (bundled_root(), *(tree / "models" for tree in extra_trees()))
    return tuple(folder for folder in candidates if folder.is_dir())


def port_directory(name: str) -> Path:
    """The folder of the firmware port `name`: a shipped one, or one of the extra trees.

    Raises:
        UnknownName: no tree holds it.
    """
    found: dict[str, Path] = {}
    for folder in folders("firmware/ports"):
        for port in sorted(folder.iterdir()):
            if port.is_dir():
                found.setdefault(port.name, port)
    return pick("port", name, found)
