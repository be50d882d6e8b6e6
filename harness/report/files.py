"""Reports as files: the suffix names the writer, a module of `harness.report.writers`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.domain.record import CaseRecord
from harness.errors import StoreError, UnknownName
from harness.report import writers


def require_known_formats(paths: Iterable[Path]) -> None:
    """Refuse file names nothing can be written to, best before hours of measuring.

    Raises:
        UnknownName: a suffix without a writer.
    """
    for path in paths:
        _writer(path)


def write_report(path: Path, records: Sequence[CaseRecord]) -> None:
    """Write `records` to `path` in the format of its suffix, making its folder where missing.

    Raises:
        UnknownName: a suffix without a writer.
        StoreError: the file cannot be written.
    """
    text = _writer(path)(records)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"the report cannot be written: {error.strerror or error}",
            where=str(path),
            hint="Name a file in a folder that can be written.",
        ) from error


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
