"""Models by name (bundled, or in the trees of HARNESS_PATH) and by the path of a file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from harness.catalog.definitions import Schema, bad_definition, index, pick, read_definition
from harness.catalog.locations import model_folders
from harness.domain.plan import ModelSource
from harness.errors import UnknownName

_SUFFIX = ".tflite"


class _ModelFile(Schema):
    dataset: str | None = None
    # Whether a run that names no model takes this one.
    demo: bool = True
    # Where the model comes from, in the author's own keys: told to readers, used by nothing.
    training: dict[str, str | int | float] = Field(default={})


def models() -> dict[str, ModelSource]:
    """Every model with a definition, by id; the `.tflite` lies beside its `.toml`.

    Raises:
        BadDefinition, DuplicateName: see `harness.catalog.definitions`; a `.tflite` that is not
            there is a fault of its definition.
    """
    return {name: _read(name, path) for name, path in _files().items()}


def resolve_model(name_or_path: str) -> ModelSource:
    """The model of that name, else the model file at that path.

    Raises:
        UnknownName: neither a name nor a file.
        BadDefinition, DuplicateName: as `models`.
    """
    files = _files()
    path = Path(name_or_path).expanduser()
    if name_or_path not in files and path.is_file():
        return ModelSource(name=path.stem, path=path.resolve(), title=path.name)
    if name_or_path not in files and (path.suffix == _SUFFIX or len(path.parts) > 1):
        raise UnknownName(
            "there is no model file at this path",
            where=name_or_path,
            hint="Correct the path, or name a bundled model (`harness models`).",
        )
    return _read(name_or_path, pick("model", name_or_path, files))


def _files() -> dict[str, Path]:
    return index(
        "model",
        ((path.stem, path) for folder in model_folders() for path in sorted(folder.glob("*.toml"))),
    )


def _read(name: str, path: Path) -> ModelSource:
    definition = read_definition(path, _ModelFile, name=name)
    file = path.with_suffix(_SUFFIX)
    if not file.is_file():
        raise bad_definition(path, [f"the model file {file.name} is not beside it"])
    return ModelSource(
        name=name,
        path=file,
        dataset=definition.dataset,
        title=definition.title,
        demo=definition.demo,
    )
