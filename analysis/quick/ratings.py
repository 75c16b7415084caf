"""Ratings ready to be analysed: one score per cell, labels as short codes, arms and their responders."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.quick.options import LABEL_ROLES, Options, RatingsError
from analysis.quick.reading import Columns, read_columns

CELL = list(LABEL_ROLES)
MAX_DECIMALS = 4
LISTED = 12


@dataclass(frozen=True)
class Arm:
    """One arm: its name and the codes of its responders, in order of their names."""

    name: str
    responders: tuple[str, ...]


@dataclass(frozen=True)
class Ratings:
    """Validated ratings.

    Attributes
    ----------
    frame : DataFrame
        One row per cell, sorted: vignette, responder, rater (codes), arm, dimension (names), score (NaN if
        blank), imputed (always False), response (code of arm, responder and vignette). The index runs from
        0 and is that of `extras`.
    extras : DataFrame
        Other columns of the file that hold numbers only.
    arms : tuple of Arm
    names : dict of str to dict of str to str
        Name of each code, for "vignette", "responder" and "rater".
    dimensions : tuple of str
    rows, blank, repeats : int
        Rows of the file, blank scores among the cells analysed, rows of later occasions left out.
    denominator : int
        Least whole number that makes every score whole; 0 if there is none up to 10,000.
    file, sha256 : str
    """

    frame: pd.DataFrame
    extras: pd.DataFrame
    arms: tuple[Arm, ...]
    names: dict[str, dict[str, str]]
    dimensions: tuple[str, ...]
    rows: int
    blank: int
    repeats: int
    denominator: int
    file: str
    sha256: str

    def arm(self, name: str) -> Arm:
        """The arm of a name."""
        return next(arm for arm in self.arms if arm.name == name)


def natural_key(label: str) -> tuple[int, float, str]:
    """Key that puts numbers before text, numbers by size and text by letters."""
    try:
        value = float(label)
    except ValueError:
        value = math.nan
    return (1, 0.0, label) if math.isnan(value) else (0, value, label)


def _cell_text(row: "pd.Series[str]") -> str:
    return ", ".join(f"{role} {row[role]}" for role in CELL)


def _refuse_duplicates(frame: pd.DataFrame, columns: Columns, occasion: str) -> None:
    key = [*CELL, "occasion"] if occasion else CELL
    doubled = frame.duplicated(key)
    if not doubled.any():
        return
    second = int(np.flatnonzero(doubled.to_numpy())[0])
    advice = "name the column of the occasion with --occasion"
    if occasion:
        advice = f"a cell may have one row for each value of {occasion}"
    where, cell = f"{columns.place} {columns.places[second]}", _cell_text(frame.iloc[second])
    raise RatingsError(
        f"{columns.name}: {where} repeats a cell ({cell}); {int(doubled.sum())} such rows; {advice}"
    )


def _first_occasions(frame: pd.DataFrame) -> pd.DataFrame:
    """The row of the first occasion of each cell."""
    ordered = sorted(set(frame["occasion"]), key=natural_key)
    rank = {label: i for i, label in enumerate(ordered)}
    order = frame.assign(rank=frame["occasion"].map(rank)).sort_values("rank", kind="stable")
    return order.drop_duplicates(CELL).drop(columns=["rank", "occasion"])


def _codes(labels: pd.Series, names: Sequence[str]) -> "pd.Series[str]":
    """Labels as zero-padded numbers, short whatever the labels are and sorted as `names`."""
    width = len(str(len(names)))
    return labels.map({name: f"{i:0{width}d}" for i, name in enumerate(names)})


def _coded(frame: pd.DataFrame, role: str) -> tuple["pd.Series[str]", dict[str, str]]:
    names = sorted(frame[role].unique(), key=natural_key)
    codes = _codes(frame[role], names)
    return codes, dict(zip(codes, frame[role], strict=True))


def common_fraction(scores: NDArray[np.float64]) -> int:
    """Least power of ten that makes all scores whole, 0 if none up to 10,000 does."""
    known = np.unique(scores[np.isfinite(scores)])
    for decimals in range(MAX_DECIMALS + 1):
        scaled = known * 10**decimals
        if np.abs(scaled - np.rint(scaled)).max(initial=0.0) < 1e-7:
            return int(10**decimals)
    return 0


def _check_arms(names: Sequence[str], columns: Columns, options: Options) -> None:
    if len(names) == 1 and not options.paired:
        raise RatingsError(
            f"{columns.name}: there is one arm only ({names[0][:40]}); if its scores already are differences "
            "between two arms, say so with --paired-scores"
        )
    for option, name in (("--lead", options.lead), ("--reference", options.reference)):
        if name and name not in names:
            raise RatingsError(
                f"{columns.name}: {option} {name} is no arm; arms: {', '.join(names[:LISTED])}"
            )


def _arms(frame: pd.DataFrame) -> tuple[Arm, ...]:
    owners = frame[["arm", "responder"]].drop_duplicates().sort_values(["arm", "responder"])
    return tuple(
        Arm(str(name), tuple(group["responder"])) for name, group in owners.groupby("arm", sort=True)
    )


def _cells(columns: Columns, occasion: str) -> pd.DataFrame:
    """One row per cell, in the order of the file."""
    frame = pd.DataFrame({**columns.labels, "score": columns.scores})
    if occasion:
        frame["occasion"] = columns.occasions
    _refuse_duplicates(frame, columns, occasion)
    return _first_occasions(frame) if occasion else frame


def prepare(columns: Columns, options: Options) -> Ratings:
    """Check the cells and code the labels.

    Raises
    ------
    RatingsError
        If a cell is doubled, an arm is missing, or the scores name one arm only.
    """
    frame = _cells(columns, options.occasion)
    _check_arms(sorted(frame["arm"].unique(), key=natural_key), columns, options)
    # A person who appears in two arms is a responder of each.
    frame["responder"] = frame["arm"] + "\x1f" + frame["responder"]
    names: dict[str, dict[str, str]] = {}
    for role in ("vignette", "responder", "rater"):
        frame[role], names[role] = _coded(frame, role)
    names["responder"] = {code: name.partition("\x1f")[2] for code, name in names["responder"].items()}
    frame = frame.sort_values(["dimension", "vignette", "responder", "rater"], kind="stable")
    extras = pd.DataFrame(columns.extras, index=range(len(columns.scores))).loc[frame.index]
    frame = frame.reset_index(drop=True).assign(imputed=False)
    frame["response"] = frame["responder"] + "/" + frame["vignette"]
    return Ratings(
        frame=frame,
        extras=extras.reset_index(drop=True),
        arms=_arms(frame),
        names=names,
        dimensions=tuple(sorted(frame["dimension"].unique())),
        rows=len(columns.scores),
        blank=int(frame["score"].isna().sum()),
        repeats=len(columns.scores) - len(frame),
        denominator=common_fraction(frame["score"].to_numpy(float)),
        file=columns.name,
        sha256=columns.sha256,
    )


def load_ratings(path: Path, options: Options) -> Ratings:
    """Read and check a file of ratings; raises `RatingsError` with one line."""
    return prepare(read_columns(path, options), options)
