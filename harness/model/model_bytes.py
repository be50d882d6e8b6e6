"""Reads the content of a model's file, unless it is larger than any model that can be run."""

from __future__ import annotations

from pathlib import Path

from harness.errors import BadModel


def model_bytes(
    path: Path, largest: int, *, what: str = "models", hint: str = "Correct the path."
) -> bytes:
    """The content of a file of at most `largest` bytes.

    `what` such files hold, and what to do where there is none, is told in the errors.

    Raises:
        BadModel: it cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= largest else b""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadModel(
            f"the model file cannot be read: {reason}", where=str(path), hint=hint
        ) from error
    if size > largest:
        raise BadModel(
            f"the file has {size:,} bytes; {what} up to {largest:,} are read",
            where=str(path),
            hint="Choose a model that a microcontroller can hold.",
        )
    return data
