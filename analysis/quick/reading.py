"""Read a long file of ratings, CSV or Parquet, and refuse with one line what cannot be analysed."""

import csv
import hashlib
import io
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.quick.options import LABEL_ROLES, ROLES, VIGNETTE_NAMES, Options, RatingsError

MAX_ROWS = 500_000
PARQUET_MAGIC = b"PAR1"
BLANKS = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
DELIMITERS = (",", ";", "\t")
TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
MAX_EXTRAS = 30


@dataclass(frozen=True)
class Columns:
    """The columns of a file, one entry per row of data.

    Attributes
    ----------
    name, sha256 : str
        Of the file.
    place : str
        "line" or "row".
    places : list of int
        Line (CSV) or row (Parquet) of each entry, for messages.
    labels : dict of role to list of str
    scores : list of float
        NaN where blank.
    occasions : list of str
        Empty if no occasion column was named.
    extras : dict of column to list of float
        Other columns that hold numbers, 0/1 or yes/no only.
    """

    name: str
    sha256: str
    place: str
    places: list[int]
    labels: dict[str, list[str]]
    scores: list[float]
    occasions: list[str]
    extras: dict[str, list[float]]


@dataclass(frozen=True)
class _Table:
    """Header, rows with their place, and the word for a place in this kind of file."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    place: str


def _csv_table(content: bytes) -> _Table:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RatingsError(f"line {line} is not UTF-8 text") from error
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = _csv_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    header = [name.strip() for name in next(rows, (0, []))[1]]
    return _Table(header, _of_width(rows, len(header)), "line")


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


def _parquet_table(content: bytes) -> _Table:
    # Parquet is the rarer form, and its library costs a tenth of a second.
    from pyarrow import ArrowException, BufferReader, parquet  # noqa: PLC0415  loads on use

    try:
        table = parquet.ParquetFile(BufferReader(content))
        if table.metadata.num_rows > MAX_ROWS:
            raise RatingsError(f"has {table.metadata.num_rows} rows; at most {MAX_ROWS} are analysed")
        data = table.read().to_pydict()
    except (ArrowException, OSError) as error:
        raise RatingsError("is not a readable Parquet file") from error
    columns = [[_text(value) for value in column] for column in data.values()]
    return _Table(list(data), enumerate(map(list, zip(*columns, strict=True)), start=1), "row")


def _positions(header: Sequence[str], options: Options) -> dict[str, int]:
    """Index of the column of each role."""
    doubled = sorted({name for name in header if header.count(name) > 1})
    if not any(header):
        raise RatingsError("is empty: 0 rows of ratings")
    if doubled:
        raise RatingsError(f"column {doubled[0]!r} is there twice")
    found: dict[str, int] = {}
    missing = []
    for role in ROLES:
        names = VIGNETTE_NAMES if role == "vignette" else (role,)
        wanted = (options.columns[role],) if role in options.columns else names
        name = next((name for name in wanted if name in header), None)
        if name is None:
            missing.append(" or ".join(wanted))
        else:
            found[role] = header.index(name)
    if options.occasion:
        if options.occasion not in header:
            missing.append(options.occasion)
        else:
            found["occasion"] = header.index(options.occasion)
    if missing:
        there = ", ".join(header)
        raise RatingsError(f"missing column: {', '.join(missing)} (the file has: {there[:200] or 'none'})")
    return found


def _number(text: str) -> float | None:
    """A number as people write it, or None; what Python alone reads as a number is none here."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def parse_score(text: str, scale: tuple[float, float], place: str) -> float:
    """The score in one cell, NaN if blank.

    Raises
    ------
    RatingsError
        Naming the place, if the cell holds text or a number outside the scale.
    """
    stripped = text.strip()
    if stripped.lower() in BLANKS:
        return math.nan
    value = _number(stripped)
    if value is None:
        raise RatingsError(f"{place}: score {stripped[:40]!r} is not a number")
    low, high = scale
    if not low <= value <= high:
        raise RatingsError(
            f"{place}: score {stripped[:40]} is outside the scale {low:g} to {high:g} (--scale)"
        )
    return value


class _Extras:
    """Numbers in the columns that have no role; a column leaves at its first cell of text."""

    def __init__(self, header: Sequence[str], used: Mapping[str, int]) -> None:
        free = [i for i in range(len(header)) if i not in used.values()][:MAX_EXTRAS]
        self.values: dict[int, list[float]] = {i: [] for i in free}

    def take(self, row: Sequence[str]) -> None:
        for i in tuple(self.values):
            text = row[i].strip().lower()
            value = math.nan if text in BLANKS else TRUTH.get(text, _number(text))
            if value is None or math.isinf(value):
                del self.values[i]
            else:
                self.values[i].append(value)


def _label(row: Sequence[str], index: int, role: str, place: str) -> str:
    text = row[index].strip()
    if text.lower() in BLANKS:
        raise RatingsError(f"{place}: {role} is empty")
    return sys.intern(text)


def _collect(table: _Table, options: Options, name: str, digest: str) -> Columns:
    at = _positions(table.header, options)
    extras = _Extras(table.header, at)
    out = Columns(name, digest, table.place, [], {role: [] for role in LABEL_ROLES}, [], [], {})
    for number, row in table.rows:
        place = f"{table.place} {number}"
        if len(out.places) == MAX_ROWS:
            raise RatingsError(f"has more than {MAX_ROWS} rows; at most that many are analysed")
        out.places.append(number)
        for role in LABEL_ROLES:
            out.labels[role].append(_label(row, at[role], role, place))
        out.scores.append(parse_score(row[at["score"]], options.scale, place))
        if options.occasion:
            out.occasions.append(_label(row, at["occasion"], "occasion", place))
        extras.take(row)
    if not out.places:
        raise RatingsError("has 0 rows of ratings")
    out.extras.update({table.header[i]: values for i, values in extras.values.items()})
    return out


def read_columns(path: Path, options: Options) -> Columns:
    """Read the file.

    Parameters
    ----------
    path : Path
        CSV (UTF-8; comma, semicolon or tab) or Parquet, recognised by its content.
    options : Options

    Returns
    -------
    Columns

    Raises
    ------
    RatingsError
        With one line that names the file and, where there is one, the line or row.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RatingsError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        table = _parquet_table(content) if content[:4] == PARQUET_MAGIC else _csv_table(content)
        return _collect(table, options, path.name, hashlib.sha256(content).hexdigest())
    except RatingsError as error:
        raise RatingsError(f"{path.name}: {error}") from error
