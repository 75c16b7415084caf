"""The files of a dataset as bytes, JSON objects and cells of text, read within bounds."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from analysis.references import DatasetError
from analysis.schema import Table

MAX_MANIFEST_BYTES = 4 * 1024 * 1024
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_HEADER_BYTES = 4096
MAX_PARTS = 20_000
# A released file grows with the study: an entry for each attempt of a model, brackets within the texts.
MAX_RELEASED_PARTS = 5_000_000


def bytes_of(path: Path, most: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a regular file; raises `DatasetError` if it cannot be read or is too large."""
    try:
        # A pipe or a device would never end.
        if path.exists() and not path.is_file():
            raise DatasetError(f"{path.name}: is not a file")
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise DatasetError(f"{path.name}: cannot be read ({error.strerror})") from error
    if len(content) > most:
        raise DatasetError(f"{path.name}: is larger than {most // 1024**2} MiB")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def released_object(path: Path, sha256: object) -> dict[str, Any]:
    """The JSON object of a file that the unblinding releases; raises `DatasetError` for any other bytes."""
    content = bytes_of(path)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DatasetError(f"{path.name}: SHA-256 differs from the manifest")
    return object_of(path.name, content, MAX_RELEASED_PARTS)


def object_of(name: str, content: bytes, most: int = MAX_PARTS) -> dict[str, Any]:
    """The one JSON object of a file; raises `DatasetError` for anything else, and for a key given twice."""
    if content.count(b"[") + content.count(b"{") > most:
        raise DatasetError(f"{name}: holds more than {most} lists and objects")
    try:
        text = content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise DatasetError(f"{name}: is nested too deeply") from error
    except ValueError as error:
        raise DatasetError(f"{name}: is not readable JSON ({error})") from error
    if not isinstance(value, dict):
        raise DatasetError(f"{name}: must hold an object")
    return value


def cells_of(table: Table, content: bytes) -> pd.DataFrame:
    """The cells of a CSV file as text; every row has as many as the header."""
    names = table.column_names
    try:
        if len(content.partition(b"\n")[0]) > MAX_HEADER_BYTES:
            raise DatasetError(f"{table.filename}: the columns must be {', '.join(names)}")
        stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
        reader = csv.reader(stream, strict=True)
        header = next(reader, [])
        if tuple(header) != names:
            raise DatasetError(f"{table.filename}: the columns must be {', '.join(names)}")
        rows = [row for row in reader if row]
    except (ValueError, csv.Error) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{table.filename}: is not readable CSV ({error})") from error
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise DatasetError(
                f"{table.filename}: row {number} has {len(row)} cells, the header has {len(names)}"
            )
    return pd.DataFrame(rows, columns=list(names), dtype=object)
