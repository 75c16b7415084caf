"""A whole study as one table: ratings by vignette, responder, arm, response and rater.

Means are kept as fractions: ranks and permutation sums are decided on whole numbers.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate import Array
from analysis.paired.lattice import Integers
from tests.reference.cases import Case

NAMES = ("vignette", "responder", "arm", "response", "rater")
CRITICAL = "critical_error"
GUESS = "guess"
COMPOSITE = "composite"
Means = dict[tuple[str, str], Fraction]


def whole_steps(differences: list[Fraction]) -> tuple[Integers, int]:
    """Fractions as whole steps of their common denominator."""
    common = math.lcm(*(d.denominator for d in differences))
    return np.array([int(d * common) for d in differences], dtype=np.int64), common


@dataclass(frozen=True, eq=False)
class Study:
    """The ratings of a case with what its notes say about them.

    Attributes
    ----------
    ratings : DataFrame
        One row per rater and response; a column per dimension, critical errors and guesses.
    notes : str
    settings : dict
    calls : dict of str to str
        How each expected value was computed, by key.
    """

    ratings: pd.DataFrame
    notes: str
    settings: dict[str, Any]
    calls: dict[str, str]

    @cached_property
    def dimensions(self) -> list[str]:
        """The rated dimensions, in order."""
        return [c for c in self.ratings.columns if c not in (*NAMES, CRITICAL, GUESS)]

    @cached_property
    def outcomes(self) -> list[str]:
        """The composite and the dimensions."""
        return [COMPOSITE, *self.dimensions]

    @cached_property
    def responders(self) -> list[str]:
        """Responders in order of appearance."""
        return list(self.ratings["responder"].unique())

    @cached_property
    def arm_of(self) -> dict[str, str]:
        """Arm of each responder."""
        return dict(self.ratings.drop_duplicates("responder").set_index("responder")["arm"])

    @cached_property
    def sides(self) -> tuple[str, str]:
        """First arm and second arm of the difference, as the notes state it."""
        arms = [str(arm) for arm in self.ratings["arm"].unique()]
        stated = [pair for pair in permutations(arms, 2) if f"d = {pair[0]} - {pair[1]}" in self.notes]
        return stated[0] if stated else (arms[-1], arms[0])

    @cached_property
    def region(self) -> tuple[float, float]:
        """Equivalence region in points."""
        if "low" in self.settings:
            return float(self.settings["low"]), float(self.settings["high"])
        stated = re.search(r"equivalence region \(\s*([-+.\d]+)\s*,\s*([-+.\d]+)\s*\)", self.notes)
        return (float(stated[1]), float(stated[2])) if stated else (-0.5, 0.5)

    @cached_property
    def noninferiority_bound(self) -> float:
        """Bound of the mean difference for non-inferiority."""
        stated = re.search(r"non-inferiority margin ([-+.\d]*\d)", self.notes)
        return -abs(float(stated[1])) if stated else self.region[0]

    def scores(self, outcome: str) -> pd.Series:
        """Scores of each rating row; the composite is missing where any dimension is."""
        if outcome == COMPOSITE:
            return self.ratings[self.dimensions].mean(axis=1, skipna=False)
        return self.ratings[outcome]

    def rated(self, outcome: str) -> pd.DataFrame:
        """The rows that have a score, with the columns score and rating."""
        table = self.ratings[list(NAMES)].assign(score=self.scores(outcome))
        return table.dropna(subset=["score"]).assign(rating=lambda t: t["score"])

    @cache  # noqa: B019  one study lives as long as its case
    def response_means(self, outcome: str) -> Means:
        """Mean over raters of each response, by vignette and responder."""
        columns = self.dimensions if outcome == COMPOSITE else [outcome]
        complete = self.ratings.dropna(subset=columns)
        total = complete[columns].sum(axis=1).round().astype(int)
        grouped = total.groupby([complete["vignette"], complete["responder"]])
        return {
            (str(vignette), str(responder)): Fraction(int(values.sum()), len(values) * len(columns))
            for (vignette, responder), values in grouped
        }

    @cache  # noqa: B019  one study lives as long as its case
    def arm_means(self, outcome: str) -> dict[str, dict[str, Fraction]]:
        """Unweighted mean of the response means of each arm, by arm and vignette in alphabetical order."""
        collected: dict[str, dict[str, list[Fraction]]] = {arm: {} for arm in self.sides}
        for (vignette, responder), mean in sorted(self.response_means(outcome).items()):
            if self.arm_of[responder] in collected:
                collected[self.arm_of[responder]].setdefault(vignette, []).append(mean)
        return {
            arm: {vignette: sum(means, Fraction(0)) / len(means) for vignette, means in by_vignette.items()}
            for arm, by_vignette in collected.items()
        }

    def differences(self, outcome: str) -> list[Fraction]:
        """First arm minus second arm, of the vignettes that have both."""
        first, second = (self.arm_means(outcome)[arm] for arm in self.sides)
        return [first[vignette] - second[vignette] for vignette in sorted(first.keys() & second.keys())]

    def steps(self, outcome: str) -> tuple[Integers, int]:
        """The differences on their lattice."""
        return whole_steps(self.differences(outcome))

    def pair(self, outcome: str, first: str, second: str) -> list[Fraction]:
        """Differences of two responders over the vignettes that both answered."""
        means = self.response_means(outcome)
        vignettes = sorted({vignette for vignette, _ in means})
        return [
            means[vignette, first] - means[vignette, second]
            for vignette in vignettes
            if (vignette, first) in means and (vignette, second) in means
        ]

    def blocks(self, outcome: str) -> pd.DataFrame:
        """Response means, a row per vignette and a column per responder."""
        means = self.response_means(outcome)
        table = pd.Series({key: float(mean) for key, mean in means.items()}).unstack()
        return table.reindex(columns=self.responders)

    @cached_property
    def right_guess(self) -> dict[str, str]:
        """The guess that is right for each arm, as the call of the arm's index states it."""
        stated = {}
        for arm in self.sides:
            found = re.search(r"correct guess = (\w+)", self.calls.get(f"blinding.bang_{arm}", ""))
            stated[arm] = found[1] if found else arm
        return stated

    @cached_property
    def dont_know(self) -> str:
        """The guess that names no arm's source."""
        others = set(self.ratings[GUESS].dropna()) - set(self.right_guess.values())
        return str(min(others, default="dont_know"))

    @cached_property
    def majority(self) -> pd.DataFrame:
        """Whether more than half of a response's raters saw a critical error; missing without raters."""
        flags = self.ratings.dropna(subset=[CRITICAL])
        share = flags.groupby(["vignette", "responder"])[CRITICAL].mean().unstack()
        return (share > 0.5).astype(float).where(share.notna()).reindex(columns=self.responders)

    def responses_by_raters(self, column: str) -> Array:
        """Values of a column, a row per response and a column per rater."""
        # A response that nobody rated on this column still is a row of the table.
        table = self.ratings.pivot(index="response", columns="rater", values=column)
        return table.to_numpy(float)

    @cached_property
    def raters(self) -> list[str]:
        """Raters in the order of `responses_by_raters`."""
        return sorted(self.ratings["rater"].unique())


def read_study(case: Case) -> Study:
    """The study of a case."""
    notes = case.content.get("notes") or ""
    text = notes if isinstance(notes, str) else " ; ".join(notes)
    calls = {key: str(record.get("call")) for key, record in case.expected.items()}
    return Study(case.table, text, case.params, calls)
