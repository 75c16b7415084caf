"""Read a frozen dataset folder: checksums first, then the form that `analysis.schema` defines."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import schema
from analysis.commitment import check_commitment
from analysis.dataset_files import MAX_MANIFEST_BYTES, bytes_of, cells_of, object_of, released_object
from analysis.references import DatasetError, check_references
from analysis.schema import Column, Table
from analysis.style.texts import Texts, read_texts

__all__ = ["Arm", "Dataset", "DatasetError", "load_dataset", "parse_table", "read_arms", "read_manifest"]

# Format 1 knows no judges.
FIRST_FORMAT = 1


@dataclass(frozen=True)
class Arm:
    """An arm: its code in the files and, after unblinding, its name, kind, level, label and model family."""

    code: str
    name: str = ""
    kind: str = ""
    level: str = ""
    label: str = ""
    family: str = schema.UNKNOWN_FAMILY

    @property
    def title(self) -> str:
        """What a reader sees: the label, or the code while blinded."""
        return self.label or f"arm {self.code}"


@dataclass(frozen=True)
class Dataset:
    """A validated dataset.

    Attributes
    ----------
    manifest : mapping
        Content of manifest.json.
    manifest_sha256 : str
        Of the manifest's bytes, which fixes every other file.
    arms : tuple of Arm
        In order of code; names are empty while blinded.
    unblinded : bool
        Whether arms.json is there and agrees with the manifest.
    ratings, responses, raters, responders, guesses, harms, judges, judgements : DataFrame
        Sorted by key; text columns hold "" and number columns NaN for an empty cell. The last two have no
        rows in a dataset of format 1.
    texts : mapping of str to Texts
        The texts by response, of texts.json; none while blinded or where the folder came without them.
    """

    manifest: Mapping[str, Any]
    manifest_sha256: str
    arms: tuple[Arm, ...]
    unblinded: bool
    ratings: pd.DataFrame
    responses: pd.DataFrame
    raters: pd.DataFrame
    responders: pd.DataFrame
    guesses: pd.DataFrame
    harms: pd.DataFrame
    judges: pd.DataFrame
    judgements: pd.DataFrame
    texts: Mapping[str, Texts] = field(default_factory=dict)


def read_manifest(folder: Path) -> tuple[dict[str, Any], str]:
    """Content of manifest.json and the SHA-256 of its bytes."""
    if not folder.is_dir():
        raise DatasetError(f"{folder.name}: is not a folder")
    content = bytes_of(folder / schema.MANIFEST_FILE, MAX_MANIFEST_BYTES)
    manifest = object_of(schema.MANIFEST_FILE, content)
    if manifest.get("format") not in (FIRST_FORMAT, schema.FORMAT):
        raise DatasetError(f"{schema.MANIFEST_FILE}: format must be {schema.FORMAT} or {FIRST_FORMAT}")
    for key in ("study", "files"):
        if not isinstance(manifest.get(key), dict):
            raise DatasetError(f"{schema.MANIFEST_FILE}: {key} is missing")
    for key in ("plan_sha256", "arms_sha256"):
        if not isinstance(manifest.get(key), str):
            raise DatasetError(f"{schema.MANIFEST_FILE}: {key} is missing")
    return manifest, hashlib.sha256(content).hexdigest()


def _tables_of(manifest: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables that a dataset of the manifest's format has."""
    if manifest["format"] == FIRST_FORMAT:
        return tuple(table for table in schema.TABLES if table not in schema.JUDGE_TABLES)
    return schema.TABLES


def _without_rows(table: Table) -> bytes:
    return (",".join(table.column_names) + "\n").encode()


def _verified(folder: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Bytes of the CSV files after every listed file has been compared with its checksum."""
    contents = {}
    for name, entry in sorted(manifest["files"].items()):
        if Path(name).name != name or not name.isprintable() or not isinstance(entry, dict):
            shown = repr(name)[:200]
            raise DatasetError(f"{schema.MANIFEST_FILE}: files lists {shown}, which is no plain file entry")
        content = bytes_of(folder / name)
        if hashlib.sha256(content).hexdigest() != entry.get("sha256"):
            raise DatasetError(
                f"{name}: SHA-256 differs from the manifest; the file was changed after the freeze"
            )
        contents[name] = content
    for table in _tables_of(manifest):
        if table.filename not in contents:
            raise DatasetError(f"{schema.MANIFEST_FILE}: files does not list {table.filename}")
    return contents


def _numbers(table: Table, column: Column, cells: pd.Series) -> pd.Series:
    where = f"{table.filename}: {column.name}"
    numbers = pd.to_numeric(cells.where(cells != "", None), errors="coerce").astype("float64")
    bad = (cells != "") & ~np.isfinite(numbers)
    if column.kind != "real":
        bad |= numbers.notna() & (numbers != np.floor(numbers))
    if bad.any():
        raise DatasetError(f"{where}: {cells[bad].iloc[0]!r} is no {column.kind}")
    low, high = (0, 1) if column.kind == "flag" else (column.minimum, column.maximum)
    outside = pd.Series(False, index=cells.index)
    if low is not None:
        outside |= numbers < low
    if high is not None:
        outside |= numbers > high
    if outside.any():
        raise DatasetError(f"{where}: {cells[outside].iloc[0]!r} is out of range")
    return numbers.astype("int64") if column.required and column.kind != "real" else numbers


def _column(table: Table, column: Column, cells: pd.Series) -> pd.Series:
    where = f"{table.filename}: {column.name}"
    if column.required and (cells == "").any():
        raise DatasetError(f"{where}: row {int(np.flatnonzero(cells == '')[0]) + 2} is empty")
    if column.kind != "text":
        return _numbers(table, column, cells)
    if column.values:
        found = {part for cell in cells for part in (cell.split(";") if column.many else [cell]) if part}
        unknown = sorted(found - set(column.values))
        if unknown:
            raise DatasetError(f"{where}: {unknown[0]!r} is not an allowed value")
    return cells


def parse_table(table: Table, content: bytes) -> pd.DataFrame:
    """Parse and check one CSV file; rows come back sorted by the table's key.

    Raises
    ------
    DatasetError
        For other columns, an empty required cell, a value of the wrong type or outside its range or
        list, or a key that stands twice.
    """
    raw = cells_of(table, content)
    frame = pd.DataFrame({c.name: _column(table, c, raw[c.name]) for c in table.columns})
    twice = frame.duplicated(list(table.key))
    if twice.any():
        key = ", ".join(str(value) for value in frame.loc[twice, list(table.key)].iloc[0])
        raise DatasetError(f"{table.filename}: the key ({key}) stands twice")
    return frame.sort_values(list(table.key), kind="stable", ignore_index=True)


def read_arms(folder: Path, manifest: Mapping[str, Any], codes: set[str]) -> tuple[tuple[Arm, ...], bool]:
    """The arms and whether they are unblinded.

    Raises
    ------
    DatasetError
        If arms.json differs from the manifest's checksum, misses a code, or has an unknown kind or level.
    """
    path = folder / schema.ARMS_FILE
    if not path.exists():
        return tuple(Arm(code) for code in sorted(codes)), False
    entries = released_object(path, manifest["arms_sha256"]).get("arms")
    if not isinstance(entries, dict) or not codes <= set(entries):
        raise DatasetError(f"{schema.ARMS_FILE}: must name every arm code of responders.csv")
    arms = []
    for code, entry in sorted(entries.items()):
        if not isinstance(entry, dict):
            raise DatasetError(f"{schema.ARMS_FILE}: arm {code} must be an object")
        kind, level = entry.get("kind"), entry.get("level") or ""
        if kind not in schema.ARM_KINDS or not entry.get("name"):
            raise DatasetError(f"{schema.ARMS_FILE}: arm {code} needs a name and a kind (resident or model)")
        if (kind == "resident") != (level in schema.LEVELS):
            raise DatasetError(
                f"{schema.ARMS_FILE}: arm {code} needs a level if and only if it is of residents"
            )
        label = str(entry.get("label") or entry["name"])
        family = str(entry.get("family") or schema.UNKNOWN_FAMILY)
        arms.append(Arm(code, str(entry["name"]), kind, level, label, family))
    if len({arm.name for arm in arms}) < len(arms):
        raise DatasetError(f"{schema.ARMS_FILE}: two arms have the same name")
    return tuple(arms), True


def load_dataset(folder: Path) -> Dataset:
    """Read and validate a dataset folder.

    Raises
    ------
    DatasetError
    """
    manifest, digest = read_manifest(folder)
    contents = _verified(folder, manifest)
    written = _tables_of(manifest)
    frames = {
        table.name: parse_table(table, contents[table.filename] if table in written else _without_rows(table))
        for table in schema.TABLES
    }
    for table in written:
        rows = manifest["files"][table.filename].get("rows")
        if not isinstance(rows, int | None):
            raise DatasetError(f"{schema.MANIFEST_FILE}: the rows of {table.filename} must be a number")
        if rows is not None and rows != len(frames[table.name]):
            raise DatasetError(
                f"{table.filename}: has {len(frames[table.name])} rows, the manifest says {rows}"
            )
    check_references(frames)
    arms, unblinded = read_arms(folder, manifest, set(frames["responders"]["arm"]))
    if unblinded:
        check_commitment(folder, manifest, {arm.code: arm.name for arm in arms}, frames)
    texts = read_texts(folder, manifest, set(frames["responses"]["response"])) if unblinded else {}
    return Dataset(manifest, digest, arms, unblinded, **frames, texts=texts)
