"""The cells of a file of ratings, CSV or Parquet, as text and with bounds on what is read."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.quick.options import RatingsError

MAX_BYTES = 128 * 1024 * 1024
MAX_ROWS = 500_000
MAX_COLUMNS = 1_000
MAX_HEADER_BYTES = 200_000
PARQUET_MAGIC = b"PAR1"
DELIMITERS = (",", ";", "\t")
# A longer value that every row of a small file repeats would fill the memory.
MAX_VALUE_BYTES = 10_000


@dataclass(frozen=True)
class Table:
    """Header, rows with their place, and the word for a place in this kind of file."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    place: str


def content_of(path: Path) -> bytes:
    """The bytes of a file; raises `RatingsError` if it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RatingsError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        raise RatingsError(f"{path.name}: is larger than {MAX_BYTES // 1024**2} MiB")
    return content


def table_of(content: bytes) -> Table:
    """Header and rows; raises `RatingsError` for what is neither CSV nor Parquet, now or at a later row."""
    return _parquet_table(content) if content[:4] == PARQUET_MAGIC else _csv_table(content)


def _csv_table(content: bytes) -> Table:
    _check_text(content)
    if content.count(b"\n") > MAX_ROWS + 1:
        raise RatingsError(f"has more than {MAX_ROWS} lines; at most that many are analysed")
    first = content[: content.find(b"\n") + 1] or content
    delimiter = max(DELIMITERS, key=lambda mark: first.count(mark.encode()))
    if len(first) > MAX_HEADER_BYTES or first.count(delimiter.encode()) > MAX_COLUMNS:
        raise RatingsError(f"the first line is too long; at most {MAX_COLUMNS} columns are read")
    stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    rows = _csv_rows(csv.reader(stream, delimiter=delimiter, strict=True))
    header = [name.strip() for name in next(rows, (0, []))[1]]
    _check_header(header)
    return Table(header, _of_width(rows, len(header)), "line")


def _check_text(content: bytes) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RatingsError(f"line {line} is not UTF-8 text") from error


def _check_header(header: list[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise RatingsError(f"has {len(header)} columns; at most {MAX_COLUMNS} are read")


def _csv_rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line on which it starts."""
    previous = 0
    try:
        for row in reader:
            place, previous = previous + 1, reader.line_num
            if row:
                yield place, row
    except csv.Error as error:
        raise RatingsError(f"line {previous + 1} is not readable CSV ({error})") from error


def _of_width(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    for place, row in rows:
        if len(row) != width:
            raise RatingsError(f"line {place} has {len(row)} fields, the header has {width}")
        yield place, row


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.17g}" if value % 1 else f"{value:.0f}"
    return str(value)


def _parquet_table(content: bytes) -> Table:
    # Parquet is the rarer form, and its library costs a tenth of a second.
    from pyarrow import ArrowException, BufferReader, parquet  # noqa: PLC0415  loads on use

    try:
        file = parquet.ParquetFile(BufferReader(content))
        _check_parquet(file)
        names = [field.name for field in file.schema_arrow]
        # As a dictionary, a text that many rows repeat is there once, and its length can be looked at first.
        data = parquet.ParquetFile(BufferReader(content), read_dictionary=names).read()
        _check_lengths(data)
        columns = [[_text(value) for value in column.to_pylist()] for column in data.columns]
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise RatingsError("is not a readable Parquet file") from error
    return Table(names, enumerate(map(list, zip(*columns, strict=True)), start=1), "row")


def _check_parquet(file: Any) -> None:
    about = file.metadata
    if about.num_rows > MAX_ROWS:
        raise RatingsError(f"has {about.num_rows} rows; at most {MAX_ROWS} are analysed")
    _check_header([""] * about.num_columns)
    for field in file.schema_arrow:
        if field.type.num_fields:
            raise RatingsError(f"column {field.name[:40]!r} holds neither text nor numbers")
    size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if size > MAX_BYTES:
        raise RatingsError(f"holds more than {MAX_BYTES // 1024**2} MiB")


def _check_lengths(data: Any) -> None:
    from pyarrow import compute, types  # noqa: PLC0415  loads on use

    for name, column in zip(data.column_names, data.columns, strict=True):
        for chunk in column.chunks:
            values = getattr(chunk, "dictionary", chunk)
            is_text = types.is_string(values.type) or types.is_binary(values.type)
            if is_text and (compute.max(compute.binary_length(values)).as_py() or 0) > MAX_VALUE_BYTES:
                raise RatingsError(f"column {name[:40]!r} holds a value of more than {MAX_VALUE_BYTES} bytes")
