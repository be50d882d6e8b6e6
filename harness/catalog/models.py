"""Models by name (bundled, or in the trees of HARNESS_PATH) and by the path of a file.

What kinds of model files there are is not known here: `model/front_ends` reads them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import Field

from harness.catalog.definitions import Schema, bad_definition, index, pick, read_definition
from harness.catalog.locations import model_folders
from harness.domain.plan import ModelSource
from harness.errors import UnknownName

_DEFINITION = ".toml"


class _ModelFile(Schema):
    dataset: str | None = None
    # The name of the model file, where several files beside the definition have its name.
    file: str | None = None
    # Whether a run that names no model takes this one.
    demo: bool = True
    # Where the model comes from, in the author's own keys: told to readers, used by nothing.
    training: dict[str, str | int | float] = Field(default={})


def models() -> dict[str, ModelSource]:
    """Every model with a definition, by id; the model file lies beside its `.toml`.

    Raises:
        BadDefinition, DuplicateName: see `harness.catalog.definitions`; a model file that is
            not there is a fault of its definition, and so are several.
    """
    return {name: _read(name, path) for name, path in _files().items()}


def resolve_model(name_or_path: str) -> ModelSource:
    """The model of that name, else the model file at that path, or `PATH,OPTION[,OPTION]...`.

    Which options there are, the reader of such files knows.

    Raises:
        UnknownName: neither a name nor a file.
        BadDefinition, DuplicateName: as `models`.
    """
    files = _files()
    path = Path(name_or_path).expanduser()
    if name_or_path not in files and path.is_file():
        return ModelSource(name=path.stem, path=path.resolve(), title=path.name)
    before, comma, options = name_or_path.partition(",")
    if comma and before and name_or_path not in files:
        chosen = tuple(option.strip() for option in options.split(","))
        return replace(resolve_model(before), options=chosen)
    if name_or_path not in files and (path.suffix or len(path.parts) > 1):
        raise UnknownName(
            "there is no model file at this path",
            where=name_or_path,
            hint="Correct the path, or name a bundled model (`harness models`).",
        )
    return _read(name_or_path, pick("model", name_or_path, files))


def _files() -> dict[str, Path]:
    return index(
        "model",
        (
            (path.stem, path)
            for folder in model_folders()
            for path in sorted(folder.glob(f"*{_DEFINITION}"))
        ),
    )


def _read(name: str, path: Path) -> ModelSource:
    definition = read_definition(path, _ModelFile, name=name)
    return ModelSource(
        name=name,
        path=_model_file(path, definition.file),
        dataset=definition.dataset,
        title=definition.title,
        demo=definition.demo,
    )


def _model_file(definition: Path, named: str | None) -> Path:
    """The file named in a definition, else the one beside it that is named alike."""
    if named is not None:
        file = definition.parent / named
        if not file.is_file():
            raise bad_definition(definition, [f"file: there is no {named} beside it"])
        return file
    alike = [file for file in _beside(definition) if _owner(file) == definition]
    if not alike:
        raise bad_definition(
            definition, [f"there is no model file beside it (such as {definition.stem}.tflite)"]
        )
    if len(alike) > 1:
        names = ", ".join(file.name for file in alike)
        raise bad_definition(definition, [f"file: missing, and several could be meant: {names}"])
    return alike[0]


def _beside(definition: Path) -> list[Path]:
    files = sorted(definition.parent.iterdir())
    return [file for file in files if file.suffix != _DEFINITION and file.is_file()]


def _owner(file: Path) -> Path | None:
    """The definition that a file is named after: suffixes and names may both have dots."""
    stem = file.name
    while "." in stem:
        stem = stem.rpartition(".")[0]
        owner = file.with_name(stem + _DEFINITION)
        if owner.is_file():
            return owner
    return None
