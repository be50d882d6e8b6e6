"""Files in a sub-folder for each class, in an order of which every beginning is a fair sample."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from harness.catalog.spec_arguments import SpecArguments
from harness.errors import BadDataset

OPTIONS = ("labels", "others")
LABELS = "labels.txt"
SKIP = "skip"

_NAMED = 5


def labelled_files(arguments: SpecArguments) -> list[tuple[Path, int]]:
    """The files of a folder's sub-folders with the class index of each.

    Classes are the sub-folders by sorted name, or the lines of `labels.txt` in the folder, or of
    the file that the option `labels` names; then a class may be without a folder, and a folder that
    is not among them is an error, unless `others` says `skip` or names the class it counts as.
    Names that begin with a dot are left out, and so are files beside the sub-folders.

    Within a class, files are sorted by name. File i of the n of a class stands at (i + 1/2) / n,
    and all are put in the order of that, equal ones in the order of the classes: whatever the
    classes' sizes, the first files hold each class in nearly the share it has of all.

    Raises:
        BadDataset: no such folder, no sub-folders, one without files, or labels that do not fit.
    """
    folder = Path(arguments.paths[0]).expanduser()
    if not folder.is_dir():
        raise BadDataset(
            "there is no such folder",
            where=str(folder),
            hint=f"Correct the path; write {arguments.syntax}.",
        )
    found = _visible(folder, folders=True)
    if not found:
        raise BadDataset(
            "has no sub-folders",
            where=str(folder),
            hint="Put the files of each class into a sub-folder of the class's name.",
        )
    classes = _classes(folder, [path.name for path in found], arguments)
    members: dict[int, list[Path]] = {}
    for path in found:
        if path.name in classes:
            members.setdefault(classes[path.name], []).extend(_files(path))
    if not members:
        raise BadDataset(
            "has no sub-folder of any class",
            where=str(folder),
            hint="Correct the names of the classes.",
        )
    return interleaved(members)


def interleaved(members: dict[int, list[Path]]) -> list[tuple[Path, int]]:
    """The files of all classes (by index), in the order that `labelled_files` tells."""
    placed = [
        (Fraction(2 * index + 1, 2 * len(files)), label, path)
        for label, files in members.items()
        for index, path in enumerate(files)
    ]
    return [(path, label) for _, label, path in sorted(placed)]


def _classes(folder: Path, found: list[str], arguments: SpecArguments) -> dict[str, int]:
    """The class index of each sub-folder that counts."""
    told = arguments.options.get("labels")
    listed = Path(told).expanduser() if told else folder / LABELS
    others = arguments.options.get("others")
    if not told and not listed.is_file():
        if others:
            raise arguments.refusal(
                f"others={others} says nothing where every sub-folder is a class",
                f"Add {LABELS} with the classes, or leave the option out.",
            )
        return {name: index for index, name in enumerate(found)}
    names = _names(listed)
    classes = {name: index for index, name in enumerate(names)}
    if others and others != SKIP and others not in classes:
        raise arguments.refusal(
            f"others={others} is no class of {listed.name}",
            f"Write others={SKIP}, or a class that is there.",
        )
    unknown = [name for name in found if name not in classes]
    if unknown and not others:
        shown = ", ".join(unknown[:_NAMED]) + ", ..." * (len(unknown) > _NAMED)
        raise BadDataset(
            f"{len(unknown)} sub-folders of {folder} are not among the classes: {shown}",
            where=str(listed),
            hint=f"Add the names, or write others={SKIP} or others=CLASS.",
        )
    if others and others != SKIP:
        classes |= dict.fromkeys(unknown, classes[others])
    return classes


def _names(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset(
            f"cannot be read: {error}",
            where=str(path),
            hint="Make it a readable UTF-8 text file.",
        ) from error
    names = [line.strip() for line in lines if line.strip()]
    if not names or len(set(names)) < len(names):
        raise BadDataset(
            "names a class twice" if names else "names no classes",
            where=str(path),
            hint="Write the name of each class on a line, in the order of the model's outputs.",
        )
    return names


def _files(folder: Path) -> list[Path]:
    files = _visible(folder, folders=False)
    if not files:
        raise BadDataset(
            "is the folder of a class and has no files",
            where=str(folder),
            hint="Add files, or remove the folder.",
        )
    return files


def _visible(folder: Path, *, folders: bool) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise BadDataset(
            f"cannot be read: {error.strerror}", where=str(folder), hint="Make it readable."
        ) from error
    return sorted(
        (path for path in found if path.is_dir() == folders), key=lambda path: path.name.encode()
    )
