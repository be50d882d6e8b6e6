"""Reads the operators of a `.tflite` file and their options, by the schema's own names."""

from __future__ import annotations

import re
from functools import cache
from types import FunctionType
from typing import Any

import tflite  # type: ignore[import-untyped]
from flatbuffers.number_types import Int32Flags  # type: ignore[import-untyped]

from harness.domain.network import Operator
from harness.model.tflite_bounds import Bounds

ABSENT = -1
_BUILTIN_CODE = 10  # slot of the field in the table's vtable: 4 + 2 * its number, 3
_CUSTOM = tflite.BuiltinOperator.CUSTOM


def read_operators(
    model: Any, subgraph: Any, tensor_count: int, bounds: Bounds
) -> tuple[Operator, ...]:
    """All operators of a subgraph, in execution order.

    Options carry the schema's field names (`stride_w`), enumerations as numbers. A custom operator
    is named ``CUSTOM:`` and its own name.

    Raises:
        BadModel: an operator that names a code or tensor the file does not have.
    """
    codes = _codes(model, bounds)
    count = bounds.take(subgraph.OperatorsLength(), 4, "the list of operators")
    return tuple(
        _operator(i, subgraph.Operators(i), codes, tensor_count, bounds) for i in range(count)
    )


def _codes(model: Any, bounds: Bounds) -> list[tuple[int, str]]:
    count = bounds.take(model.OperatorCodesLength(), 4, "the list of operator codes")
    return [_code(model.OperatorCodes(i), bounds) for i in range(count)]


def _code(table: Any, bounds: Bounds) -> tuple[int, str]:
    # Codes beyond 127 do not fit the older of the two fields, and files before 2020 have only that;
    # as LiteRT does, the larger one counts. (The package's own accessor ignores small new codes.)
    newer = table._tab.GetSlot(_BUILTIN_CODE, 0, Int32Flags)
    code = max(newer, table.DeprecatedBuiltinCode())
    if code == _CUSTOM:
        return code, f"CUSTOM:{bounds.text(table.CustomCode())[:80]}"
    return code, _names(tflite.BuiltinOperator).get(code, f"BUILTIN_{code}")


def _operator(
    index: int, table: Any, codes: list[tuple[int, str]], tensor_count: int, bounds: Bounds
) -> Operator:
    label = f"operator {index}"
    if table.OpcodeIndex() >= len(codes):
        raise bounds.bad(f"{label} names operator code {table.OpcodeIndex()} of {len(codes)}")
    code, name = codes[table.OpcodeIndex()]
    inputs = bounds.vector(table, "Inputs", 4, f"the inputs of {label}")
    outputs = bounds.vector(table, "Outputs", 4, f"the outputs of {label}")
    inner = bounds.vector(table, "Intermediates", 4, f"the intermediates of {label}")
    for tensors, lowest in ((inputs, ABSENT), (outputs, 0), (inner, 0)):
        for tensor in tensors:
            if not lowest <= tensor < tensor_count:
                raise bounds.bad(f"{label} ({name}) names tensor {tensor} of {tensor_count}")
    options = _options(table, label, bounds)
    return Operator(index, name, code, inputs, outputs, options, inner)


def _options(table: Any, label: str, bounds: Bounds) -> dict[str, Any]:
    kind = getattr(tflite, _names(tflite.BuiltinOptions).get(table.BuiltinOptionsType(), ""), None)
    union = table.BuiltinOptions()
    if kind is None or union is None:
        return {}
    options = kind()
    options.Init(union.Bytes, union.Pos)
    found: dict[str, Any] = {}
    for field, is_vector in _fields(kind):
        if is_vector:
            value: Any = bounds.vector(options, field, 8, f"`{field}` of {label}")
        else:
            value = getattr(options, field)()
        if isinstance(value, bool | int | float | tuple):
            found[_snake(field)] = value
    return found


@cache
def _fields(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a generated options class, and whether they are vectors of scalars."""
    names = [name for name, member in vars(kind).items() if isinstance(member, FunctionType)]
    accessory = re.compile(r".+(AsNumpy|Length|IsNone)")
    fields = [name for name in names if name != "Init" and not accessory.fullmatch(name)]
    vectors = {name for name in fields if f"{name}AsNumpy" in names}
    tables = {name for name in fields if f"{name}Length" in names} - vectors
    return tuple((name, name in vectors) for name in fields if name not in tables)


@cache
def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


def _snake(camel: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", camel).lower()
