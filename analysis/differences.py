"""From scores to the paired differences of one contrast, and to the test of their mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import schema
from analysis.dataset import Dataset
from analysis.estimate import ENGINE_REML, Array, MeanTest, t_test
from analysis.mixed.components import variance_share
from analysis.mixed.contrasts import contrast_test
from analysis.mixed.factors import distinct_factors
from analysis.mixed.linear import fit_linear_mixed
from analysis.plan import Plan
from analysis.primary import NARROW_CONFIDENCE, two_way_random_t

LOWEST = float(schema.SCORE_LEVELS[0])
SCORE_KEY = ["vignette", "responder", "rater"]
EQUAL_DIFFERENCES = "all differences are equal, so there is no variance to test with"
NO_PAIRS = "no vignette was scored by one rater on both sides"


def _wanted_draws(dataset: Dataset, plan: Plan) -> dict[str, int]:
    """The draw of each responder that the primary analysis uses; residents have one only."""
    models = {arm.code for arm in dataset.arms if arm.kind == "model"}
    most = dataset.responses.groupby("responder")["draw"].max()
    arm_of = dict(zip(dataset.responders["responder"], dataset.responders["arm"], strict=True))
    blind = not dataset.unblinded
    return {
        responder: plan.primary_draw if arm in models or (blind and most.get(responder, 1) > 1) else 1
        for responder, arm in arm_of.items()
    }


def primary_rows(dataset: Dataset, plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table with responder, draw and variant: the original variant and the primary draw."""
    wanted = frame["responder"].map(_wanted_draws(dataset, plan))
    return frame[(frame["draw"] == wanted) & (frame["variant"] == schema.ORIGINAL)]


def primary_responses(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """Planned responses of the original variant and the primary draw."""
    return primary_rows(dataset, plan, dataset.responses)


def primary_scores(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """Scores of the primary analysis: first presentation, original variant, primary draw.

    Under the rule ``lowest_category`` a planned response that was never given has the lowest score from
    every rater of its vignette.

    Returns
    -------
    DataFrame
        Columns vignette, responder, arm, rater, dimension, score (NaN if not judged), imputed.
    """
    rated = primary_rows(dataset, plan, dataset.ratings[dataset.ratings["copy"] == 0])
    columns = ["vignette", "responder", "arm", "rater", "dimension", "score"]
    scores = rated[columns].assign(imputed=False)
    if plan.missing_response == "lowest_category":
        planned = primary_responses(dataset, plan)
        never = planned[planned["status"].isin(schema.NEVER_GIVEN)][["vignette", "responder", "arm"]]
        judges = rated[["vignette", "rater", "dimension"]].drop_duplicates()
        imputed = never.merge(judges, on="vignette").assign(score=LOWEST, imputed=True)
        scores = pd.concat([scores, imputed[[*columns, "imputed"]]], ignore_index=True)
    scores = scores[scores["dimension"].isin(plan.dimensions)]
    return scores.sort_values(["dimension", *SCORE_KEY], ignore_index=True)


@dataclass(frozen=True)
class Differences:
    """Paired differences of one contrast on one dimension, sorted; all arrays have shape (n,).

    Attributes
    ----------
    vignette, first, second, rater : ndarray of str
        Vignette, responder on either side, and the rater who scored both.
    first_score, second_score : ndarray
        Scores of that rater, points.
    first_imputed, second_imputed : ndarray of bool
        Whether the score on that side was imputed.
    """

    vignette: NDArray[np.str_]
    first: NDArray[np.str_]
    second: NDArray[np.str_]
    rater: NDArray[np.str_]
    first_score: Array
    second_score: Array
    first_imputed: NDArray[np.bool_]
    second_imputed: NDArray[np.bool_]

    @property
    def value(self) -> Array:
        """First minus second, whole points."""
        return self.first_score - self.second_score

    def __len__(self) -> int:
        return len(self.rater)


def paired_differences(scores: pd.DataFrame, first: Sequence[str], second: Sequence[str]) -> Differences:
    """Differences between responders of two sides on the same vignette by the same rater.

    Parameters
    ----------
    scores : DataFrame
        Rows of one dimension from `primary_scores`.
    first, second : sequence of str
        Responders of either side.
    """
    judged = scores[scores["score"].notna()]
    left = judged[judged["responder"].isin(list(first))]
    right = judged[judged["responder"].isin(list(second))]
    pairs = left.merge(right, on=["vignette", "rater"], suffixes=("_1", "_2"))
    pairs = pairs.sort_values(["responder_2", "vignette", "responder_1", "rater"])
    return Differences(
        vignette=pairs["vignette"].to_numpy(str),
        first=pairs["responder_1"].to_numpy(str),
        second=pairs["responder_2"].to_numpy(str),
        rater=pairs["rater"].to_numpy(str),
        first_score=pairs["score_1"].to_numpy(float),
        second_score=pairs["score_2"].to_numpy(float),
        first_imputed=pairs["imputed_1"].to_numpy(bool),
        second_imputed=pairs["imputed_2"].to_numpy(bool),
    )


@dataclass(frozen=True)
class BlockTable:
    """Differences summed over each block and rater.

    Attributes
    ----------
    sums, counts : ndarray, shape (blocks, raters)
    complete : bool
        Whether every pair of every block has every rater and all blocks have the same number of pairs.
    """

    sums: Array
    counts: Array
    complete: bool


def block_table(differences: Differences, blocks: NDArray[np.str_]) -> BlockTable:
    """Sum differences by block label and rater."""
    names, block = np.unique(blocks, return_inverse=True)
    raters, rater = np.unique(differences.rater, return_inverse=True)
    sums = np.zeros((len(names), len(raters)))
    counts = np.zeros_like(sums)
    np.add.at(sums, (block, rater), differences.value)
    np.add.at(counts, (block, rater), 1.0)
    cells = np.stack([differences.vignette, differences.first, differences.second], axis=1)
    pairs = len(np.unique(cells, axis=0)) if len(cells) else 0
    # With equal counts everywhere, an absent cell of one pair would need a doubled one: the key excludes it.
    complete = bool(
        counts.size and (counts == counts.flat[0]).all() and pairs * len(raters) == len(differences)
    )
    return BlockTable(sums, counts, complete)


def reml_test(
    differences: Differences, factors: Mapping[str, NDArray[np.str_]], *, margin: float, confidence: float
) -> MeanTest:
    """Mean difference from ``d ~ 1 + random intercepts`` by REML with a Kenward-Roger test.

    Parameters
    ----------
    differences : Differences
    factors : mapping of str to ndarray of str, shape (n,)
        Grouping factors besides the rater.
    margin, confidence : float
    """
    value = differences.value
    mean = float(value.mean()) if len(value) else None
    usable = distinct_factors({**factors, "rater": differences.rater}).labels
    if not usable:
        return MeanTest(ENGINE_REML, mean, "no random factor has both two levels and a repeated one")
    if np.ptp(value) == 0:
        return MeanTest(ENGINE_REML, mean, EQUAL_DIFFERENCES)
    fit = fit_linear_mixed(value, np.ones((len(value), 1)), usable)
    result = contrast_test(fit, [1.0], confidence=confidence)
    if result.estimate is None or result.se is None or result.df is None:
        return MeanTest(ENGINE_REML, mean, result.reason)
    with_rater = [name for name in usable if "rater" in name.split(" and ")]
    return t_test(
        ENGINE_REML,
        result.estimate,
        result.se,
        result.df,
        margin=margin,
        confidence=confidence,
        narrow_confidence=NARROW_CONFIDENCE,
        components=fit.variances,
        rater_share=variance_share(fit, with_rater[0], [1.0]) if with_rater else None,
        singular=fit.singular,
    )


def _nested(differences: Differences, blocks: NDArray[np.str_]) -> bool:
    """Whether every vignette belongs to one block only."""
    owners = np.unique(np.stack([differences.vignette, blocks]), axis=1)
    return bool(owners.shape[1] == len(np.unique(differences.vignette)))


def mean_test(
    differences: Differences, *, margin: float, confidence: float, blocks: str = "second"
) -> MeanTest:
    """Test the mean difference; completeness decides the engine.

    Complete blocks of equal size with a single first responder and no vignette in common go to
    `two_way_random_t`; anything else goes to `reml_test` with every responder factor that has more than one
    level. Blocks that share a vignette share its first response, so they are not independent.

    Parameters
    ----------
    differences : Differences
    margin, confidence : float
    blocks : {"second", "vignette"}
        What a block is: a responder of the second side (the plan's residents), or a vignette where both
        sides have one responder each.
    """
    if len(differences) == 0:
        return MeanTest(ENGINE_REML, None, NO_PAIRS)
    labels = differences.second if blocks == "second" else differences.vignette
    table = block_table(differences, labels)
    if table.complete and len(np.unique(differences.first)) == 1 and _nested(differences, labels):
        return two_way_random_t(table.sums / table.counts, margin=margin, confidence=confidence).test()
    factors = {
        "first responder": differences.first,
        "resident": differences.second,
        "vignette": differences.vignette,
    }
    return reml_test(differences, factors, margin=margin, confidence=confidence)
