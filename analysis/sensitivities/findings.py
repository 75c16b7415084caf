"""What every sensitivity takes and gives."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.dataset import Dataset
from analysis.differences import Differences, mean_test, primary_responses, primary_rows, primary_scores
from analysis.estimate import MeanTest
from analysis.plan import Plan

Parameters = Mapping[str, Any]
KEY = ["vignette", "responder", "rater"]


class NotAvailableError(ValueError):
    """The dataset does not hold what the sensitivity needs; the message says what."""


@dataclass(frozen=True)
class Finding:
    """One case of a sensitivity on one contrast and dimension.

    Attributes
    ----------
    case : str
        Which case, such as "without R01"; empty where the sensitivity has one only.
    test : MeanTest
    n : int
        Paired differences that it rests on.
    margin : float or None
        Margin of the claims, points; None where a margin in points has no meaning.
    equivalence_alpha : float
    faults : tuple of str
        Design faults of the data that are left.
    note : str
    """

    case: str
    test: MeanTest
    n: int
    margin: float | None
    equivalence_alpha: float
    faults: tuple[str, ...] = ()
    note: str = ""


class Study:
    """What sensitivities read beyond one contrast: the dataset, and its scores under other rules."""

    def __init__(self, dataset: Dataset, plan: Plan) -> None:
        self.dataset = dataset
        self.plan = plan
        self._kept: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returns, computed at the first call with this key."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def scores(self, dimension: str, *, draw: int | None = None, missing: str = "") -> pd.DataFrame:
        """Scores of one dimension, on another draw or under another rule for missing responses."""
        wanted, rule = draw or self.plan.primary_draw, missing or self.plan.missing_response
        changed = replace(self.plan, primary_draw=wanted, missing_response=rule)
        scores = self.once(("scores", wanted, rule), lambda: primary_scores(self.dataset, changed))
        found: pd.DataFrame = self.once(
            ("scores", wanted, rule, dimension), lambda: scores[scores["dimension"] == dimension]
        )
        return found

    @cached_property
    def ratings(self) -> pd.DataFrame:
        """One row per rating of the primary analysis, indexed by vignette, responder and rater.

        Columns seconds, position, guessed_right (NaN without a guess).
        """
        first = self.dataset.ratings[self.dataset.ratings["copy"] == 0]
        rows = primary_rows(self.dataset, self.plan, first).drop_duplicates(KEY)
        guesses = self.dataset.guesses[self.dataset.guesses["copy"] == 0]
        kinds = {arm.code: arm.kind for arm in self.dataset.arms}
        right = (guesses["guess"] == guesses["arm"].map(kinds)).astype(float)
        told = guesses[["response", "rater"]].assign(guessed_right=right)
        joined = rows.merge(told, on=["response", "rater"], how="left")
        columns = {"active_seconds": "seconds"}
        return joined.rename(columns=columns).set_index(KEY)[["seconds", "position", "guessed_right"]]

    @cached_property
    def lengths(self) -> pd.DataFrame:
        """Sealed lengths of the responses of the primary analysis, indexed by vignette and responder."""
        return primary_responses(self.dataset, self.plan).set_index(["vignette", "responder"])


@dataclass(frozen=True)
class Subject:
    """One contrast on one dimension, with its primary result.

    Attributes
    ----------
    study : Study
    dimension : str
    first, second : tuple of str
        Responders of either side.
    blocks : str
        As `analysis.differences.mean_test`.
    differences : Differences
    primary : MeanTest
    margin : float
    faults_of : callable
        Design faults of any differences of this contrast.
    """

    study: Study
    dimension: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    blocks: str
    differences: Differences
    primary: MeanTest
    margin: float
    faults_of: Callable[[Differences], Sequence[str]]

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.study.plan

    @property
    def block_labels(self) -> NDArray[np.str_]:
        """Block of each difference."""
        return self.differences.second if self.blocks == "second" else self.differences.vignette

    def test(self, differences: Differences) -> MeanTest:
        """The primary procedure on other differences of the same contrast."""
        return mean_test(differences, margin=self.margin, confidence=self.plan.confidence, blocks=self.blocks)

    def finding(
        self, test: MeanTest, differences: Differences, case: str = "", note: str = "", **changes: Any
    ) -> Finding:
        """A finding at the plan's margin and equivalence alpha unless `changes` say otherwise."""
        settings = {"margin": self.margin, "equivalence_alpha": self.plan.equivalence_alpha} | changes
        faults = tuple(self.faults_of(differences))
        return Finding(case, test, len(differences), faults=faults, note=note, **settings)

    def kept(self, keep: NDArray[np.bool_], case: str = "", note: str = "") -> Finding:
        """The primary procedure on part of the differences."""
        left = subset(self.differences, keep)
        test = self.primary if keep.all() else self.test(left)
        return self.finding(test, left, case, note)

    def looked_up(self, table: pd.DataFrame, column: str, *, rater: bool = True) -> tuple[Any, Any]:
        """A column of a table for the first and the second side of each difference; NaN where absent."""
        d = self.differences
        found = []
        for responder in (d.first, d.second):
            parts = [d.vignette, responder, d.rater] if rater else [d.vignette, responder]
            place = table.index.get_indexer(pd.MultiIndex.from_arrays(parts))
            values = table[column].to_numpy(float)
            found.append(np.where(place >= 0, values[place], np.nan) if len(values) else place * np.nan)
        return found[0], found[1]


def subset(differences: Differences, keep: NDArray[np.bool_]) -> Differences:
    """Some of the differences, in their order."""
    return Differences(*(getattr(differences, field.name)[keep] for field in fields(differences)))
