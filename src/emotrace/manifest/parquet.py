"""Tables as Parquet, which needs the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from emotrace.errors import ManifestError, MissingExtraError
from emotrace.manifest.cells import Cells, votes_as_text
from emotrace.manifest.columns import match_columns
from emotrace.manifest.row import Row


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows one by one, only the columns that are ours.

    Raises
    ------
    ManifestError
        If it is damaged or no Parquet file.
    MissingExtraError
        If pyarrow is not installed.
    """
    pyarrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
        names = match_columns(file.schema_arrow.names)
        batches = file.iter_batches(columns=list(names.values()))
        records = (record for batch in batches for record in batch.to_pylist())
        for number, record in enumerate(records, start=1):
            yield Row(record, names, f"row {number}")
    except pyarrow.ArrowException as error:
        raise ManifestError(f"not a readable Parquet file: {error or type(error).__name__}") from None


def encode_rows(rows: Sequence[Cells]) -> bytes:
    """Give the bytes of a file with these rows, at least one, all with the same columns.

    Votes are JSON text here too: in a struct, every emotion that any row has would appear in all rows.
    """
    pyarrow, parquet = _pyarrow()
    kinds = {"start": pyarrow.float64(), "end": pyarrow.float64(), "repetition": pyarrow.int64()}
    flat = [votes_as_text(row) for row in rows]
    columns = {
        name: pyarrow.array([row[name] for row in flat], kinds.get(name, pyarrow.string())) for name in rows[0]
    }
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    # Slow to import, and most manifests are CSV.
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("a Parquet manifest", "parquet") from None
    return pyarrow, pyarrow.parquet
