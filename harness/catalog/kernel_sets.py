"""Kernel sets and build variants: which operator sources are compiled, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from harness.catalog.definitions import Schema, bad_definition, index, pick, read_definition
from harness.catalog.locations import firmware_root, folders
from harness.domain.firmware import BuildVariant, KernelSet

_DEFINITION = "kernels.toml"


Macro = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _KernelSetFile(Schema):
    library: str = ""
    extends: str | None = None
    # Whether a run that names no kernel set takes this one; not handed down by `extends`.
    default: bool = False
    # Macros that the compiler must predefine for the core, and what each stands for.
    requires: dict[Macro, str] = Field(default={})
    # Predefined macros that kernels and library do not get to see.
    undefines: list[Macro] = Field(default=[])
    # Operators without a kernel of the library that are no fallback, each with the reason.
    exempt: dict[str, str] = Field(default={})


class _VariantFile(Schema):
    optimisation: Annotated[str, Field(pattern=r"^-?O(0|1|2|3|s|g|z|fast)$")]
    file_defines: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(default={})
    library: str = ""
    # Macros of a target's [defines] with other values; the variant concerns only such targets.
    defines: dict[Macro, str] = Field(default={})
    # Kernel files, without their ending, that are compiled; all where none is named.
    operators: list[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]] = Field(default=[])
    compiler: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9+_.-]*$")] | None = None


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
    """Join a set with those it extends: own folder first, own words before inherited ones."""
    chain = _chain(name, files)
    definitions = list(chain.values())
    library = next((one.library for one in definitions if one.library), "")
    callers = [known for known, one in chain.items() if one.library]
    # What follows the last set that names the library is what the library is used on top of.
    after = list(chain).index(callers[-1]) + 1 if callers else len(chain)
    return KernelSet(
        id=name,
        title=definitions[0].title,
        directories=tuple(files[known].parent for known in chain),
        library=library,
        requires=_merged([one.requires for one in definitions]),
        undefines=tuple(dict.fromkeys(macro for one in definitions for macro in one.undefines)),
        fallbacks=tuple(chain)[after:],
        exempt=_merged([one.exempt for one in definitions]),
        default=definitions[0].default,
    )


def _chain(name: str, files: dict[str, Path]) -> dict[str, _KernelSetFile]:
    """The definitions of a set and of those it extends, the nearest first."""
    chain: dict[str, _KernelSetFile] = {}
    following: str | None = name
    while following is not None:
        path = files[following]
        chain[following] = definition = read_definition(path, _KernelSetFile, name=following)
        following = definition.extends
        if following in chain:
            circle = " -> ".join([*chain, following])
            raise bad_definition(path, [f"extends: runs in a circle: {circle}"])
        if following is not None and following not in files:
            known = ", ".join(files)
            raise bad_definition(
                path, [f"extends: there is no kernel set {following!r}; there are: {known}"]
            )
    return chain


def _merged(tables: list[dict[str, str]]) -> dict[str, str]:
    """One table of all; of two with a key, the earlier has it."""
    return {key: value for table in reversed(tables) for key, value in table.items()}


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
    compiler = definition.compiler or ""
    if compiler and not (firmware_root() / "cmake" / f"{compiler}.cmake").is_file():
        raise bad_definition(path, [f"compiler: there is no firmware/cmake/{compiler}.cmake"])
    return BuildVariant(
        id=definition.id,
        title=definition.title,
        optimisation=definition.optimisation,
        file_defines={file: tuple(macros) for file, macros in definition.file_defines.items()},
        library=definition.library,
        compiler=compiler,
        defines=dict(definition.defines),
        operators=tuple(sorted(definition.operators)),
    )
