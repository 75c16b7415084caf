"""Files of the frozen dataset: written beside, forced to disk, and put in place by one rename."""

import csv
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis import schema
from analysis.schema import Table
from study.datasets.inputs import Cell, Row


@dataclass(frozen=True)
class WrittenFile:
    sha256: str
    size: int
    rows: int | None = None

    def entry(self) -> dict[str, str | int]:
        """Return the file's entry in the manifest."""
        entry: dict[str, str | int] = {"sha256": self.sha256, "bytes": self.size}
        return entry if self.rows is None else {**entry, "rows": self.rows}


def csv_bytes(columns: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> bytes:
    """Return rows as CSV: UTF-8, LF, header, empty cell for None, the shortest decimal form of a real."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if row[name] is None else row[name] for name in columns] for row in rows])
    return text.getvalue().encode()


def table_bytes(tables: Mapping[str, list[Row]]) -> dict[str, bytes]:
    """Return the CSV file of every table by file name."""
    return {table.filename: csv_bytes(table.column_names, tables[table.name]) for table in schema.TABLES}


def parquet_bytes(table: Table, rows: Sequence[Row], watermark: str) -> bytes:
    """Return the same rows as Parquet; the watermark and the column descriptions are in its metadata."""
    import pyarrow as pa  # noqa: PLC0415  a web process must not pay for it at its start
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64(), "flag": pa.int64()}
    fields = [
        pa.field(
            column.name, kinds[column.kind], metadata={"description": column.description, "unit": column.unit}
        )
        for column in table.columns
    ]
    metadata = {"description": table.description, "watermark": watermark}
    data = {column.name: _parquet_cells(rows, column.name, column.kind) for column in table.columns}
    sink = io.BytesIO()
    parquet.write_table(pa.table(data, schema=pa.schema(fields, metadata=metadata)), sink, compression="zstd")
    return sink.getvalue()


def _parquet_cells(rows: Sequence[Row], name: str, kind: str) -> list[Cell]:
    cells = [row[name] for row in rows]
    if kind == "text":
        return [cell or "" for cell in cells]
    return [None if cell is None else float(cell) for cell in cells] if kind == "real" else cells


def dictionary_bytes(watermark: str) -> bytes:
    """Return the data dictionary; in a simulated study every description says so."""
    note = f" ({watermark})" if watermark else ""
    rows: list[dict[str, Any]] = [
        {**row, "description": f"{row['description']}{note}"} for row in schema.dictionary_rows()
    ]
    return csv_bytes(schema.DICTIONARY_COLUMNS, rows)


def write_files(folder: Path, contents: Mapping[str, bytes]) -> dict[str, WrittenFile]:
    """Write files into an existing folder and force them to disk."""
    written = {}
    for name, content in sorted(contents.items()):
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written[name] = WrittenFile(hashlib.sha256(content).hexdigest(), len(content))
    _sync_folder(folder)
    return written


def with_rows(files: Mapping[str, WrittenFile], tables: Mapping[str, list[Row]]) -> dict[str, WrittenFile]:
    """Add the number of rows to the entries of tables."""
    return {
        name: replace(file, rows=len(tables[Path(name).stem])) if Path(name).stem in tables else file
        for name, file in files.items()
    }


def draft_folder(exports: Path, name: str) -> Path:
    """Create a folder beside the place where the dataset will stand; only this account may read it."""
    exports.mkdir(parents=True, exist_ok=True, mode=0o700)
    exports.chmod(0o700)
    return Path(tempfile.mkdtemp(prefix=f".{name}-", dir=exports))


def publish(draft: Path, target: Path) -> None:
    """Rename a finished folder to its name.

    A folder that stands there belongs to no frozen dataset (the caller has looked): a crash before the commit
    left it, or another database. It is set aside, never mixed in and never deleted.
    """
    if target.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-set-aside-", dir=target.parent))
        target.rename(aside / target.name)
    draft.rename(target)
    _sync_folder(target.parent)


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """Put one file into a published folder in one step: readers see the old or the new one, never a part."""
    handle, draft = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(folder / name)
    _sync_folder(folder)


def discard(draft: Path) -> None:
    shutil.rmtree(draft, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
