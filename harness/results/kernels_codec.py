"""The kernels of a case's operators as compact JSON and back, each field checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.domain.kernel_code import CodePath, OperatorKernel


def kernels_to_json(kernels: Sequence[OperatorKernel]) -> str | None:
    """Return an array with an object per operator; None where there is none."""
    if not kernels:
        return None
    return json.dumps([asdict(kernel) for kernel in kernels], separators=(",", ":"))


def kernels_from_json(text: str | None) -> tuple[OperatorKernel, ...]:
    """Return what `kernels_to_json` was given.

    Raises:
        ValueError, TypeError: it is nothing of its making.
    """
    found = [] if text is None else json.loads(text)
    if not isinstance(found, list):
        raise TypeError("no array")
    kernels = tuple(map(_kernel, found))
    if [kernel.index for kernel in kernels] != list(range(len(kernels))):
        raise ValueError("operators out of order")
    return kernels


def _kernel(fields: Any) -> OperatorKernel:
    if not isinstance(fields, dict):
        raise TypeError("no object")
    calls, path = fields.pop("calls", None), fields.pop("path", None)
    if not isinstance(calls, list) or not all(isinstance(name, str) for name in calls):
        raise TypeError("calls")
    kernel = OperatorKernel(
        calls=tuple(calls), path=None if path is None else CodePath(path), **fields
    )
    kinds = (type(kernel.index), type(kernel.operator), type(kernel.source), type(kernel.fallback))
    if kinds != (int, str, str, bool):
        raise TypeError("kinds")
    return kernel
