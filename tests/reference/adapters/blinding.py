"""Answers for tables of source guesses."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.blinding.clustered import bang_by_rater, guess_cube
from analysis.blinding.indices import BlindingIndex, bang_index, james_index
from analysis.estimate import Array
from tests.reference.adapters.shapes import in_the_form_of
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
FIELDS = {"index": "index", "se": "se"}
BOUNDS = {"lower": "lower_bound", "upper": "upper_bound"}


def index_record(index: BlindingIndex) -> dict[str, Any]:
    """Index, standard error and two-sided interval."""
    return {"index": index.index, "se": index.se, "ci95": index.interval}


def guess_counts(
    guesses: pd.DataFrame, sources: Mapping[str, str], dont_know: str = "dont_know"
) -> pd.DataFrame:
    """Counts of guesses in rows, "don't know" last, by arm.

    Parameters
    ----------
    guesses : DataFrame
        Columns arm and guess; rows without a guess are dropped.
    sources : mapping of str to str
        The guess that is right for each arm, in order.
    """
    known = guesses.dropna(subset=["guess"])
    table = pd.crosstab(known["guess"], known["arm"])
    return table.reindex(index=[*sources.values(), dont_know], columns=list(sources), fill_value=0)


def bang_of(counts: Array, arm: int, confidence: float = 0.95) -> BlindingIndex:
    """Bang's index of a column whose right guess is the row of the same number."""
    column = counts[:, arm]
    correct, named = int(column[arm]), int(column[:-1].sum())
    return bang_index(correct, named - correct, int(column[-1]), confidence)


def rater_records(guesses: pd.DataFrame, sources: Mapping[str, str]) -> dict[str, dict[str, float | None]]:
    """Bang's index of each rater by arm; columns rater, vignette, arm and guess."""
    rows = guesses.dropna(subset=["guess"])[["rater", "vignette", "arm", "guess"]]
    cube = guess_cube(list(rows.itertuples(index=False, name=None)), list(sources.values()), dict(sources))
    return {
        rater: {arm: index.index for arm, index in arms.items()}
        for rater, arms in bang_by_rater(cube).items()
    }


def ordered_counts(table: pd.DataFrame) -> Array:
    """Guesses in the order of the arms, everything else summed as "don't know" in the last row."""
    labels, arms = [str(label) for label in table.iloc[:, 0]], list(table.columns[1:])
    counts = table.iloc[:, 1:].to_numpy(float)
    named = [labels.index(arm) for arm in arms] if set(arms) <= set(labels) else list(range(len(arms)))
    rest = [row for row in range(len(labels)) if row not in named]
    return np.vstack([counts[named], counts[rest].sum(axis=0)])


def _field(key: str) -> tuple[str, float] | None:
    """Attribute and confidence that the last part of a key asks for."""
    if key in FIELDS:
        return FIELDS[key], 0.95
    found = re.fullmatch(r"ci(\d+)", key)
    if found:
        return "interval", int(found[1]) / 100
    found = re.fullmatch(r"(lower|upper)(\d+)_one_sided", key)
    return (BOUNDS[found[1]], int(found[2]) / 100) if found else None


def _index_of(counts: Array, arms: Sequence[str], name: str) -> Callable[[float], BlindingIndex] | None:
    if name == "james":
        return lambda confidence: james_index(counts, confidence)
    arm = name.removeprefix("bang.")
    return partial(bang_of, counts, arms.index(arm)) if arm in arms else None


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """A thunk per key of a case with one column per arm."""
    counts, arms = ordered_counts(case.table), list(case.table.columns[1:])
    found: dict[str, Callable[[], Any]] = {}
    for key, record in case.expected.items():
        name, _, last = key.rpartition(".")
        index, field = _index_of(counts, arms, name), _field(last)
        if index and field:
            found[key] = partial(_read, record, index, *field)
    return found


def _read(
    record: dict[str, Any], index: Callable[[float], BlindingIndex], attribute: str, confidence: float
) -> Any:
    return in_the_form_of(record, getattr(index(confidence), attribute))
