"""Shapes of operators for kernel benchmarks, from a TOML or CSV file, strictly."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from harness.catalog.definitions import Table, bad_definition, nearest, parse_toml, validated
from harness.domain.operator_shape import OperatorShape, Pair, ShapeRule
from harness.errors import BadDefinition, UnknownName

LARGEST_TENSOR = 2**24
Rules = Mapping[str, ShapeRule]


def operator_named(name: str, rules: Rules, unmeasured: Mapping[str, str]) -> str:
    """The operator of `rules` that `name` means: "conv2d", "conv_2d" and "CONV_2D" are one.

    Raises:
        UnknownName: none; the hint offers the nearest, or the message tells the reason that
            `unmeasured` gives.
    """
    found = _find(name, rules)
    if found is None:
        known = [operator.lower() for operator in rules]
        without = _find(name, unmeasured)
        why = f": {unmeasured[without]}" if without else ""
        near = None if without else nearest(name, known)
        hint = f"Use {near!r}" if near else "Use a name that exists"
        raise UnknownName(
            f"there is no kernel benchmark of {name!r}{why}",
            hint=f"{hint}; there are: {', '.join(known)}.",
        )
    return found


def read_shapes(path: Path, rules: Rules) -> tuple[OperatorShape, ...]:
    """The shapes in a file: `[[shape]]` tables of a .toml, or the rows of a .csv with a header.

    `rules` has the operators that a file may name.

    Raises:
        BadDefinition: the file cannot be read, or has faults, all of which are listed: the key
            path names the shape by its number from 0 (the first row below a CSV's header).
    """
    raw = _parse_csv(path) if path.suffix == ".csv" else parse_toml(path)
    found, faults = validated(raw, _File, rules)
    if found is None:
        raise bad_definition(path, faults)
    return tuple(row.shape() for row in found.shape)


def _find(name: str, operators: Iterable[str]) -> str | None:
    plain = name.upper().replace("_", "")
    return next((known for known in operators if known.replace("_", "") == plain), None)


def _operator(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    rules: Rules = info.context or {}
    found = _find(value, rules)
    if found is None:
        known = ", ".join(operator.lower() for operator in rules)
        raise ValueError(f"there is no benchmark of {value!r}; there are: {known}")
    return found


def _sizes(value: object) -> object:
    """Sizes as a list, a number, or a text like "32x32x16"."""
    if isinstance(value, str):
        parts = value.lower().split("x")
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError(f"{value!r} is not a size like 3 or 32x32x16")
        value = [int(part) for part in parts]
    if isinstance(value, list):
        return tuple(value)
    return (value,) if type(value) is int else value


def _one_to_three(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if not 1 <= len(sizes) <= 3:
        raise ValueError(f"has {len(sizes)} sizes; one to three are taken")
    return sizes


def _pair(value: object) -> object:
    sizes = _sizes(value)
    return sizes * 2 if isinstance(sizes, tuple) and len(sizes) == 1 else sizes


def _one(value: object) -> object:
    sizes = _sizes(value)
    return sizes[0] if isinstance(sizes, tuple) and len(sizes) == 1 else value


def _name(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


_Size = Annotated[int, Field(ge=1, le=LARGEST_TENSOR)]
_Sizes = Annotated[tuple[_Size, ...], BeforeValidator(_sizes), AfterValidator(_one_to_three)]
_PairOf = Annotated[tuple[_Size, _Size], BeforeValidator(_pair)]
_One = Annotated[_Size, BeforeValidator(_one)]


class _Row(Table):
    op: Annotated[str, BeforeValidator(_operator)]
    input: _Sizes
    output: _One | None = None
    kernel: _PairOf = (1, 1)
    stride: _PairOf = (1, 1)
    dilation: _PairOf = (1, 1)
    padding: Annotated[Literal["SAME", "VALID"], BeforeValidator(_name)] = "SAME"
    activation: Annotated[Literal["NONE", "RELU", "RELU6"], BeforeValidator(_name)] = "NONE"
    batch: _One = 1
    per_channel: Annotated[bool | None, BeforeValidator(_flag)] = None

    _rule: ShapeRule = PrivateAttr()

    @model_validator(mode="after")
    def _agrees(self, info: ValidationInfo) -> _Row:
        rules: Rules = info.context or {}
        self._rule = rules[self.op]
        faults = self._key_faults() or self._size_faults()
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _key_faults(self) -> list[str]:
        given = self.model_fields_set - {"op", "input", "batch"}
        needed = set(self._rule.needed)
        faults = [f"{self.op} needs `{key}`" for key in sorted(needed - given)]
        unknown = given - needed - set(self._rule.taken)
        return faults + [f"{self.op} takes no `{key}`" for key in sorted(unknown)]

    def _size_faults(self) -> list[str]:
        rank, (fewest, most) = len(self.input), self._rule.ranks
        if not fewest <= rank <= most:
            sizes = {(1, 1): "one size", (2, 3): "two or three sizes"}
            wanted = sizes.get((fewest, most), "three sizes (h, w, c)")
            return [f"the input of {self.op} has {wanted}, not {rank}"]
        return self._rule.faults(self.shape()) or self._too_large()

    def _too_large(self) -> list[str]:
        shape = self.shape()
        sizes = {
            "the input": math.prod(self.input) * self.batch,
            "the output": math.prod(shape.output_shape) * self.batch,
            "the weights": math.prod(self.kernel) * self.input[-1] * (self.output or 1),
        }
        return [
            f"{what} would have {size:,} elements; up to {LARGEST_TENSOR:,} are measured"
            for what, size in sizes.items()
            if size > LARGEST_TENSOR
        ]

    def shape(self) -> OperatorShape:
        """The row as a domain value."""
        rule = self._rule
        kernel: Pair = self.kernel
        return OperatorShape(
            rule=rule,
            input=self.input,
            output=self.output or (self.input[-1] if rule.channelwise else 0),
            kernel=kernel,
            stride=self.stride,
            dilation=self.dilation,
            padding=self.padding,
            activation=self.activation,
            batch=self.batch,
            per_channel=rule.per_channel if self.per_channel is None else self.per_channel,
        )


class _File(Table):
    shape: Annotated[list[_Row], Field(min_length=1)]


def _parse_csv(path: Path) -> dict[str, Any]:
    """The rows of a CSV file; a cell that is empty is as if it were not there."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, restkey="(beyond the header)", strict=True))
    except FileNotFoundError as error:
        raise BadDefinition(
            "there is no such file", where=str(path), hint="Correct the path."
        ) from error
    except OSError as error:
        raise BadDefinition(
            f"cannot be read: {error.strerror}", where=str(path), hint="Make the file readable."
        ) from error
    except UnicodeDecodeError as error:
        raise bad_definition(path, [f"is not UTF-8: byte {error.start}"]) from error
    except csv.Error as error:
        raise bad_definition(path, [f"is not CSV: {error}"]) from error
    return {"shape": [{key: cell for key, cell in row.items() if cell} for row in rows]}
