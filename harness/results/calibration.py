"""A desk's own cycles per instruction, kept as a small file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from harness.domain.estimate import CyclesPerInstruction, NetClass
from harness.errors import BadDefinition, StoreError

SCHEMA = 1
FILE = Path("results/cycles-per-instruction.json")


def read_calibration(path: Path = FILE) -> list[CyclesPerInstruction]:
    """The constants that `write_calibration` kept; none where there is no file.

    Raises:
        BadDefinition: it cannot be read, or is nothing of the kind.
    """
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']!r}, and {SCHEMA} is known")
        return [_constant(one) for one in content["constants"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadDefinition(
            f"this is no calibration: {error!r}",
            where=str(path),
            hint="Write it anew with `harness estimate calibrate`.",
        ) from error


def write_calibration(constants: Sequence[CyclesPerInstruction], path: Path = FILE) -> None:
    """Keep `constants`, in place of earlier ones of the same board and class.

    Raises:
        BadDefinition: as `read_calibration`.
        StoreError: it cannot be written.
    """
    kept = {(one.of, one.net): one for one in (*read_calibration(path), *constants)}
    content = {"schema": SCHEMA, "constants": [asdict(one) for one in kept.values()]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"the calibration cannot be kept: {error.strerror or error}",
            where=str(path),
            hint="Name a file in a folder that can be written.",
        ) from error


def _constant(given: dict[str, object]) -> CyclesPerInstruction:
    one = CyclesPerInstruction(
        of=str(given["of"]),
        net=NetClass(str(given["net"])),
        cpi=float(str(given["cpi"])),
        band=float(str(given["band"])),
        basis=str(given["basis"]),
    )
    if not 0 < one.cpi < 100 or not 0 < one.band < 1:
        raise ValueError(f"CPI {one.cpi} with a band of {one.band}")
    return one
