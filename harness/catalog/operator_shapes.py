"""Shapes of operators for kernel benchmarks, from a TOML or CSV file, strictly."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.catalog.definitions import Table, bad_definition, nearest, parse_toml, validated
from harness.catalog.operator_keys import KEYS
from harness.domain.operator_shape import OperatorShape, Pair
from harness.errors import BadDefinition, UnknownName

DEFAULT_SHAPES = Path(__file__).with_name("operator_shapes.toml")
LARGEST_TENSOR = 2**24


def benchmarked_operators() -> tuple[str, ...]:
    """The operators whose shapes can be written down, by TensorFlow Lite's names."""
    return tuple(KEYS)


def operator_named(name: str) -> str:
    """The operator that `name` means: "conv2d", "conv_2d" and "CONV_2D" are one.

    Raises:
        UnknownName: none; the hint offers the nearest.
    """
    found = _find(name)
    if found is None:
        known = ", ".join(operator.lower() for operator in KEYS)
        near = nearest(name, [operator.lower() for operator in KEYS])
        hint = f"Use {near!r}" if near else "Use a name that exists"
        raise UnknownName(
            f"there is no kernel benchmark of {name!r}", hint=f"{hint}; there are: {known}."
        )
    return found


def read_shapes(path: Path) -> tuple[OperatorShape, ...]:
    """The shapes in a file: `[[shape]]` tables of a .toml, or the rows of a .csv with a header.

    Raises:
        BadDefinition: the file cannot be read, or has faults, all of which are listed: the key
            path names the shape by its number from 0 (the first row below a CSV's header).
    """
    raw = _parse_csv(path) if path.suffix == ".csv" else parse_toml(path)
    found, faults = validated(raw, _File)
    if found is None:
        raise bad_definition(path, faults)
    return tuple(row.shape() for row in found.shape)


def _find(name: str) -> str | None:
    plain = name.upper().replace("_", "")
    return next((known for known in KEYS if known.replace("_", "") == plain), None)


def _operator(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _find(value)
    if found is None:
        known = ", ".join(operator.lower() for operator in KEYS)
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

    @model_validator(mode="after")
    def _agrees(self) -> _Row:
        faults = self._key_faults() or self._size_faults()
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _key_faults(self) -> list[str]:
        keys, given = KEYS[self.op], self.model_fields_set - {"op", "input", "batch"}
        faults = [f"{self.op} needs `{key}`" for key in sorted(keys.needed - given)]
        return faults + [f"{self.op} takes no `{key}`" for key in sorted(given - keys.taken)]

    def _size_faults(self) -> list[str]:
        rank, (fewest, most) = len(self.input), KEYS[self.op].ranks
        if not fewest <= rank <= most:
            sizes = {(1, 1): "one size", (2, 3): "two or three sizes"}
            wanted = sizes.get((fewest, most), "three sizes (h, w, c)")
            return [f"the input of {self.op} has {wanted}, not {rank}"]
        faults = []
        if self.op == "DEPTHWISE_CONV_2D" and (self.output or 0) % self.input[2]:
            faults.append(f"output {self.output} is not a multiple of {self.input[2]} channels")
        if self.op == "CONCATENATION" and (self.output or 0) <= self.input[-1]:
            faults.append(f"output {self.output} leaves nothing beside {self.input[-1]} channels")
        if self.op.endswith("_2D") and self.padding == "VALID":
            reach = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
            if reach[0] > self.input[0] or reach[1] > self.input[1]:
                faults.append("the kernel reaches beyond the input, and padding is VALID")
        return faults or self._too_large()

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
        keys = KEYS[self.op]
        own = self.input[-1] if self.op == "DEPTHWISE_CONV_2D" else 0
        kernel: Pair = self.kernel
        return OperatorShape(
            operator=self.op,
            input=self.input,
            output=self.output or own,
            kernel=kernel,
            stride=self.stride,
            dilation=self.dilation,
            padding=self.padding,
            activation=self.activation,
            batch=self.batch,
            per_channel=keys.per_channel if self.per_channel is None else self.per_channel,
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
