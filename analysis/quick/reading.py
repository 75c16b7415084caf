"""Read a long file of ratings, CSV or Parquet, and refuse with one line what cannot be analysed."""

import hashlib
import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.checking import UNSEEN
from analysis.quick.options import LABEL_ROLES, ROLES, VIGNETTE_NAMES, Options, RatingsError
from analysis.quick.source import MAX_ROWS, Table, content_of, table_of

MAX_LABEL = 200
BLANKS = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
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


def _positions(header: Sequence[str], options: Options) -> dict[str, int]:
    """Index of the column of each role."""
    doubled = sorted(name for name, count in Counter(header).items() if count > 1)
    if not any(header):
        raise RatingsError("is empty: 0 rows of ratings")
    if doubled:
        raise RatingsError(f"column {doubled[0][:MAX_LABEL]!r} is there twice")
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
        there = ", ".join(header)[:MAX_LABEL]
        shown = "".join(sign if sign.isprintable() else "?" for sign in there)
        raise RatingsError(f"missing column: {', '.join(missing)} (the file has: {shown or 'none'})")
    return found


def _number(text: str) -> float | None:
    """A number as people write it, or None; what Python alone reads as a number is none here."""
    try:
        return float(text) if text.isascii() and "_" not in text else None
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
    if len(text) > MAX_LABEL:
        raise RatingsError(f"{place}: {role} has {len(text)} characters, at most {MAX_LABEL} are a label")
    if found := UNSEEN.search(text) or re.search("[\t\n]", text):
        raise RatingsError(f"{place}: {role} holds the unseen character U+{ord(found[0]):04X}")
    # The same name typed on two systems can differ in how its accents are stored.
    return sys.intern(text if text.isascii() else unicodedata.normalize("NFC", text))


def _collect(table: Table, options: Options, name: str, digest: str) -> Columns:
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
    content = content_of(Path(path))
    try:
        return _collect(table_of(content), options, path.name, hashlib.sha256(content).hexdigest())
    except RatingsError as error:
        raise RatingsError(f"{path.name}: {error}") from error
