"""Parquet, by pyarrow: the columns of the CSV with their types, for data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from harness.domain.selection import StoredCase
from harness.errors import ConfigError, CorruptRecord
from harness.results.flat import COLUMNS, as_text, from_text, to_row, values_of

try:
    import pyarrow
    from pyarrow import parquet
except ImportError as error:
    raise ConfigError(
        "Parquet files need the package pyarrow, which is not installed",
        hint="Install it with `pip install 'cortexm-harness[parquet]'`, or choose .csv or .jsonl.",
    ) from error

_KINDS = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
_GROUP = 5000  # rows in memory at a time


def write(path: Path, cases: Iterable[StoredCase], quantities: Sequence[str]) -> None:
    """Write a row for each case; the columns of quantities are for readers only."""
    kinds = {name: _KINDS[kind] for name, kind in COLUMNS.items()}
    kinds |= {name: pyarrow.float64() for name in quantities if name not in kinds}
    schema = pyarrow.schema(list(kinds.items()))
    rest = iter(cases)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(rest, _GROUP)):
            rows = [values_of(stored) | as_text(to_row(stored)) for stored in group]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def read(path: Path) -> Iterator[StoredCase]:
    """The cases of the rows.

    Raises:
        CorruptRecord: the file is no Parquet, or a row no case.
    """
    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid as error:
        raise CorruptRecord(
            f"the file is no Parquet ({error})",
            where=str(path),
            hint="Give a file that `harness results export` wrote.",
        ) from error
    number = 0
    with file:
        wanted = [name for name in COLUMNS if name in file.schema_arrow.names]
        for batch in file.iter_batches(_GROUP, columns=wanted):
            for cells in batch.to_pylist():
                number += 1
                yield from_text(cells, f"{path}, row {number}")
