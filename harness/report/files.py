"""Reports as files: the suffix names the writer, a module of `harness.report.writers`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.domain.record import CaseRecord
from harness.errors import StoreError, UnknownName
from harness.report import writers
from harness.report.whole_file import try_folder, write_whole


def require_writable(paths: Iterable[Path]) -> None:
    """Refuse files that nothing could be written to, best before hours of measuring.

    Raises:
        UnknownName: a suffix without a writer.
        StoreError: a folder that cannot be made or written to.
    """
    for path in paths:
        _writer(path)
        require_folders([path])


def write_report(path: Path, records: Sequence[CaseRecord]) -> None:
    """Write `records` to `path` in the format of its suffix, whole or not at all.

    Raises:
        UnknownName: a suffix without a writer.
        StoreError: the file cannot be written.
    """
    write_text(path, _writer(path)(records))


def write_text(path: Path, text: str) -> None:
    """Write a report that is a text already, whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    try:
        write_whole(path, text)
    except OSError as error:
        raise _unwritable(path, error) from error


def require_folders(paths: Iterable[Path]) -> None:
    """Refuse files in folders that nothing could be written to.

    Raises:
        StoreError: a folder that cannot be made or written to.
    """
    for path in paths:
        try:
            try_folder(path.parent)
        except OSError as error:
            raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the report cannot be written: {error.strerror or error}",
        where=str(path),
        hint="Name a file in a folder that can be written.",
    )


def _writer(path: Path) -> Callable[[Sequence[CaseRecord]], str]:
    known = [module.name for module in pkgutil.iter_modules(writers.__path__)]
    name = path.suffix.removeprefix(".")
    if name not in known:
        raise UnknownName(
            f"reports are not written as {path.suffix or 'a file without a suffix'!r}",
            where=str(path),
            hint=f"End the name in {', '.join(f'.{known_name}' for known_name in sorted(known))}.",
        )
    render: Callable[[Sequence[CaseRecord]], str] = importlib.import_module(
        f"{writers.__name__}.{name}"
    ).render
    return render
