"""Kernel sets and build variants: which operator sources are compiled, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from harness.catalog.definitions import Schema, bad_definition, index, pick, read_definition
from harness.catalog.locations import folders
from harness.domain.firmware import BuildVariant, KernelSet

_DEFINITION = "kernels.toml"


class _KernelSetFile(Schema):
    library: str = ""
    extends: str | None = None


class _VariantFile(Schema):
    optimisation: Annotated[str, Field(pattern=r"^-?O(0|1|2|3|s|g|z|fast)$")]
    file_defines: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(default={})
    library: str = ""


def kernel_sets() -> dict[str, KernelSet]:
    """Every kernel set, by id.

    Raises:
        BadDefinition, DuplicateName: see `harness.catalog.definitions`; `extends` that names no
            set, or runs in a circle, is a fault of the file.
    """
    files = _set_files()
    return {name: _resolve(name, files) for name in files}


def kernel_set(name: str) -> KernelSet:
    """The kernel set `name`.

    Raises:
        UnknownName, BadDefinition, DuplicateName: as `kernel_sets`.
    """
    files = _set_files()
    pick("kernel set", name, files)
    return _resolve(name, files)


def build_variants() -> dict[str, BuildVariant]:
    """Every build variant, by id.

    Raises:
        BadDefinition, DuplicateName: see `harness.catalog.definitions`.
    """
    return {name: _read_variant(name, path) for name, path in _variant_files().items()}


def build_variant(name: str) -> BuildVariant:
    """The build variant `name`.

    Raises:
        UnknownName, BadDefinition, DuplicateName: see `harness.catalog.definitions`.
    """
    return _read_variant(name, pick("build variant", name, _variant_files()))


def _set_files() -> dict[str, Path]:
    return index(
        "kernel set",
        (
            (path.parent.name, path)
            for folder in folders("firmware/kernels")
            for path in sorted(folder.glob(f"*/{_DEFINITION}"))
        ),
    )


def _resolve(name: str, files: dict[str, Path]) -> KernelSet:
    """Follow `extends` from set to set: own folder first, then those it extends."""
    chain: list[str] = []
    directories: list[Path] = []
    library = ""
    title = ""
    following: str | None = name
    while following is not None:
        path = files[following]
        definition = read_definition(path, _KernelSetFile, name=following)
        chain.append(following)
        directories.append(path.parent)
        title = title or definition.title
        library = library or definition.library
        following = definition.extends
        if following in chain:
            circle = " -> ".join([*chain, following])
            raise bad_definition(path, [f"extends: runs in a circle: {circle}"])
        if following is not None and following not in files:
            known = ", ".join(files)
            raise bad_definition(
                path, [f"extends: there is no kernel set {following!r}; there are: {known}"]
            )
    return KernelSet(id=name, title=title, directories=tuple(directories), library=library)


def _variant_files() -> dict[str, Path]:
    return index(
        "build variant",
        (
            (path.stem, path)
            for folder in folders("firmware/builds")
            for path in sorted(folder.glob("*.toml"))
        ),
    )


def _read_variant(name: str, path: Path) -> BuildVariant:
    definition = read_definition(path, _VariantFile, name=name)
    return BuildVariant(
        id=definition.id,
        title=definition.title,
        optimisation=definition.optimisation,
        file_defines={file: tuple(macros) for file, macros in definition.file_defines.items()},
        library=definition.library,
    )
