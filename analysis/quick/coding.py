"""Signs of a coding or unblinding error, which agreement between raters cannot show.

If every rater's score of an item is flipped alike, raters agree as well as before while the mean of the
differences goes to 0. A column that says which rows were shown in swapped order makes the error visible.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

from analysis.differences import Differences
from analysis.estimate import Array
from analysis.quick.pairs import GIVEN
from analysis.quick.ratings import Ratings

Record = dict[str, Any]
FLIP_NAME = re.compile(r"swap|switch|flip|revers|mirror|invert|exchang", re.IGNORECASE)
ALWAYS = (
    "Agreement between raters cannot show a coding or unblinding error: if the order of a pair is decoded "
    "wrongly, every rater's score flips alike, and the effect can vanish or change sign while agreement "
    "hardly moves."
)
MATCH = 1e-6
MARKED_CHANGE = 0.5


def flip_columns(ratings: Ratings) -> list[str]:
    """Columns of 0 and 1 whose name says that something was swapped."""
    found = []
    for name in ratings.extras.columns:
        values = ratings.extras[name]
        if FLIP_NAME.search(str(name)) and values.notna().any() and set(values.dropna()) == {0.0, 1.0}:
            found.append(str(name))
    return found


def _scale_of(score: Array, other: Array) -> float | None:
    """The factor k with score = k other on every row, or None."""
    moved = other != 0
    if not moved.any() or np.abs(score[~moved]).max(initial=0.0) > MATCH:
        return None
    factors = score[moved] / other[moved]
    return float(factors[0]) if factors[0] != 0 and np.ptp(factors) < MATCH * abs(factors[0]) else None


def raw_relation(ratings: Ratings, column: str) -> Record | None:
    """Another column of which the score is a multiple: with the sign turned where `column` is 1, or without.

    Returns
    -------
    dict or None
        Keys ``raw`` (column), ``factor`` and ``turned`` (whether the sign follows `column`); None if there
        is no such column.
    """
    score, flip = ratings.frame["score"].to_numpy(float), ratings.extras[column].to_numpy(float)
    for name in ratings.extras.columns:
        raw = ratings.extras[name].to_numpy(float)
        known = np.isfinite(score) & np.isfinite(raw) & np.isfinite(flip)
        # A raw preference has both signs; a count or an identifier has not.
        if name == column or known.sum() < 3 or not (raw[known].min() < 0 < raw[known].max()):
            continue
        for turned in (True, False):
            sign = 1 - 2 * flip if turned else np.ones_like(flip)
            factor = _scale_of(score[known], (sign * raw)[known])
            if factor is not None:
                return {"raw": str(name), "factor": factor, "turned": turned}
    return None


def flips_of(ratings: Ratings, column: str, differences: Differences, dimension: str) -> Array:
    """The column's value at each difference; NaN where it is blank or differs between the two sides."""
    rows = ratings.frame["dimension"] == dimension
    key = ["vignette", "rater", "responder"]
    table = ratings.frame.loc[rows, key].assign(flip=ratings.extras.loc[rows, column])
    flips = table.set_index(key)["flip"]
    found = []
    for side in (differences.first, differences.second):
        cells = pd.MultiIndex.from_arrays([differences.vignette, differences.rater, side], names=key)
        found.append(flips.reindex(cells).to_numpy(float))
    if (differences.first == GIVEN).all():
        return np.asarray(found[1])
    return np.where(found[0] == found[1], found[0], np.nan)


def flip_means(values: Array, flips: Array) -> Record | None:
    """Mean of differences as given and with the sign turned, and by the column's value.

    Parameters
    ----------
    values, flips : ndarray, shape (n,)
        Differences, and 0, 1 or NaN for each.

    Returns
    -------
    dict or None
        None unless both values of the column are there.
    """
    known = np.isfinite(flips)
    kept, turned = values[known], flips[known] == 1
    if not turned.any() or turned.all():
        return None
    return {
        "n": len(kept),
        "mean": float(kept.mean()),
        "mean_turned": float(np.where(turned, -kept, kept).mean()),
        "mean_at_0": float(kept[~turned].mean()),
        "mean_at_1": float(kept[turned].mean()),
    }


def _forgotten(record: Record) -> bool:
    """Whether the figures look as if the sign of half of the rows were wrong."""
    apart = record["mean_at_0"] * record["mean_at_1"] < 0
    return bool(apart and abs(record["mean_turned"]) > 2 * abs(record["mean"]))


def _marked(record: Record) -> bool:
    """Whether turning the sign changes the mean by more than half of the larger one."""
    means = record["mean"], record["mean_turned"]
    return bool(abs(means[0] - means[1]) > MARKED_CHANGE * max(map(abs, means)))


def flip_sentence(column: str, record: Record, *, applied: bool) -> str:
    """The two means side by side, with what agreement makes of them."""
    text = (
        f"{record['dimension']}, {record['title']}: mean {record['mean']:.2f} as given, "
        f"{record['mean_turned']:.2f} with the sign turned where {column} is 1"
    )
    icc, icc_turned = record["icc"], record["icc_turned"]
    if icc is not None and icc_turned is not None:
        text += f", while ICC(3,k) is {icc:.2f} and {icc_turned:.2f}"
    text += f" (mean {record['mean_at_0']:.2f} where it is 0, {record['mean_at_1']:.2f} where it is 1)."
    if _forgotten(record) and not applied:
        return f"WARNING: {text} Opposite signs that cancel look like an order flip that was forgotten."
    if _marked(record):
        return f"{text} The effect hangs on this coding."
    return text


def relation_sentence(column: str, relation: Record | None) -> str:
    """Whether the flip has been applied, as far as the file shows it."""
    if relation is None:
        return (
            f"Nothing else in the file shows whether the sign that {column} stands for is already turned in "
            "the score: check it, because one of the two means is a coding error."
        )
    raw, factor = relation["raw"], relation["factor"]
    if relation["turned"]:
        return (
            f"The score is {factor:g} times {raw} with the sign turned where {column} is 1, so the order "
            "flip has been applied; the second mean is what forgetting it would have given."
        )
    return (
        f"WARNING: the score is {factor:g} times {raw} whether {column} is 0 or 1, so the order flip has NOT "
        "been applied; if those rows were shown swapped, the means as given are wrong."
    )


def coding_sentences(section: Record) -> list[str]:
    """The whole section in words; the last line always holds."""
    lines = []
    for check in section["columns"]:
        relation = check["relation"]
        applied = bool(relation and relation["turned"])
        lines.append(relation_sentence(check["column"], relation))
        lines += [flip_sentence(check["column"], record, applied=applied) for record in check["means"]]
    return [*lines, ALWAYS]
