"""LLM judges as a separate instrument: how each one's scores relate to the clinicians', never pooled.

Compared are the responses of every arm to the original vignettes, in the primary draw, that the judge scored
and at least one rater scored at the first presentation.

References
----------
Cohen J (1968). Weighted kappa. Psychological Bulletin 70:213-220. doi:10.1037/h0026256
Panickssery A, Bowman SR, Feng S (2024). LLM evaluators recognize and favor their own generations. Advances in
Neural Information Processing Systems 37. arXiv:2404.13076
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.agreement.isotonic import isotonic_calibration
from analysis.agreement.kappa import bootstrap_mean_kappa, cohen_kappa, pairwise_kappa
from analysis.agreement.krippendorff import bootstrap_alpha
from analysis.agreement.rank_correlation import rank_correlation
from analysis.agreement.scores import score_table
from analysis.dataset import Arm, Dataset
from analysis.differences import primary_rows
from analysis.estimate import Array
from analysis.paired.clustered import cluster_means, clustered_mean
from analysis.plan import Plan
from analysis.schema import DIMENSION_LABELS, OUTCOMES, SCORE_LEVELS, SCORED, UNKNOWN_FAMILY

Record = dict[str, Any]
MOST_DRAWS = 999
STREAM = 5
NO_JUDGE = "no judge read the answers"
BLINDED = "the arms are not released"
NO_COMMON = "no response was scored by both"
FAMILY_UNKNOWN = "the judge's family is not known"
NO_SHARED_FAMILY = "no model is known to be of the judge's family"
NO_OTHER = "no vignette has a response of the own family and another one"
KEY = ["vignette", "response", "arm"]


@dataclass(frozen=True)
class Compared:
    """Responses of one dimension that the judge and clinicians scored, one place per response.

    Attributes
    ----------
    vignette, arm : ndarray of str, shape (responses,)
    judge, mean, median : ndarray, shape (responses,)
        The judge's score, and mean and median over the raters, points.
    raters : ndarray, shape (responses, raters)
        NaN where a rater gave no score.
    """

    vignette: Any
    arm: Any
    judge: Array
    mean: Array
    median: Array
    raters: Array

    @property
    def bias(self) -> Array:
        """Judge minus the clinicians' mean, points."""
        return self.judge - self.mean


def _common(judged: pd.DataFrame, rated: pd.DataFrame) -> Compared:
    """Bring a judge's scored responses and the raters' scores of one dimension together."""
    kept = rated[rated["response"].isin(judged["response"])]
    found = kept.groupby("response", sort=True)["score"].agg(["mean", "median"])
    own = judged.set_index("response").loc[found.index]
    table = score_table(kept["response"].tolist(), kept["rater"].tolist(), kept["score"].tolist())
    return Compared(
        own["vignette"].to_numpy(str),
        own["arm"].to_numpy(str),
        own["score"].to_numpy(float),
        found["mean"].to_numpy(float),
        found["median"].to_numpy(float),
        table,
    )


def _kappa(both: Compared, target: Array, rng: np.random.Generator, draws: int, confidence: float) -> Record:
    """Quadratic weighted kappa of the judge's score and the clinicians' summary.

    The categories are the scale's and every value that the summary takes: with quadratic weights kappa
    depends on distances alone, so half points need no rounding.
    """
    scale = np.union1d(np.asarray(SCORE_LEVELS, float), target)
    found = cohen_kappa(both.judge, target, scale, "quadratic", confidence)
    interval = None
    if found.estimate is not None:
        pair = np.column_stack([both.judge, target])
        interval = bootstrap_mean_kappa(
            pair, both.vignette, scale, rng=rng, draws=draws, confidence=confidence
        )
    return {"estimate": found.estimate, "interval": interval, "n": found.n, "reason": found.reason}


def _single_kappas(both: Compared) -> Record:
    """Mean kappa of the judge with single raters, and of the raters with each other."""
    with_judge = [
        cohen_kappa(both.judge, both.raters[:, i], SCORE_LEVELS, "quadratic").estimate
        for i in range(both.raters.shape[1])
    ]
    known = [kappa for kappa in with_judge if kappa is not None]
    among = pairwise_kappa(both.raters, SCORE_LEVELS, "quadratic")
    return {
        "judge": float(np.mean(known)) if known else None,
        "raters": len(known),
        "clinicians": among.mean,
        "pairs": among.estimable,
        "reason": "" if known else NO_COMMON,
    }


def _agreement(both: Compared, rng: np.random.Generator, draws: int, confidence: float) -> Record:
    pair = np.column_stack([both.judge, both.median])
    alphas = [
        asdict(bootstrap_alpha(table, both.vignette, rng=rng, draws=draws, confidence=confidence))
        for table in (pair, both.raters)
    ]
    rank = rank_correlation(both.judge, both.mean, both.vignette, rng=rng, draws=draws, confidence=confidence)
    return {
        "kappa_median": _kappa(both, both.median, rng, draws, confidence),
        "kappa_mean": _kappa(both, both.mean, rng, draws, confidence),
        "kappa_single": _single_kappas(both),
        "alpha": alphas[0],
        "alpha_clinicians": alphas[1],
        "rank": asdict(rank),
    }


def _bias_by_arm(both: Compared, arms: Sequence[Arm], confidence: float) -> list[Record]:
    records = []
    for arm in arms:
        own = both.arm == arm.code
        found = clustered_mean(both.bias[own], both.vignette[own], confidence)
        records.append({"arm": arm.code, "label": arm.title, "family": arm.family, **asdict(found)})
    return records


def _difference(both: Compared, own: Any, other: Any, confidence: float) -> Record:
    """Mean over vignettes of the bias on the own family's responses minus that on others."""
    sides = [
        dict(zip(*cluster_means(both.bias[side], both.vignette[side]), strict=True)) for side in (own, other)
    ]
    vignettes = sorted(set(sides[0]) & set(sides[1]))
    gaps = [float(sides[0][v] - sides[1][v]) for v in vignettes]
    found = asdict(clustered_mean(gaps, vignettes, confidence))
    return found if gaps else {**found, "reason": NO_OTHER}


def _self_preference(both: Compared, dataset: Dataset, family: str, confidence: float) -> list[Record]:
    """The difference against all other arms, and against other models alone, where the family is shared."""
    own_arms = _relatives(dataset, family)
    models = [arm.code for arm in dataset.arms if arm.kind == "model" and arm not in own_arms]
    own = np.isin(both.arm, [arm.code for arm in own_arms])
    others = {"all other arms": ~own, "other models": np.isin(both.arm, models)}
    if not own_arms:
        return []
    return [
        {"against": name, **_difference(both, own, other, confidence)}
        for name, other in others.items()
        if models or name == "all other arms"
    ]


def _relatives(dataset: Dataset, family: str) -> list[Arm]:
    """Model arms of the same known family."""
    if not dataset.unblinded or family == UNKNOWN_FAMILY:
        return []
    return [arm for arm in dataset.arms if arm.kind == "model" and arm.family == family]


def _no_relatives(dataset: Dataset, family: str) -> str:
    if not dataset.unblinded:
        return BLINDED
    if family == UNKNOWN_FAMILY:
        return FAMILY_UNKNOWN
    return "" if _relatives(dataset, family) else NO_SHARED_FAMILY


def _outcomes(judged: pd.DataFrame) -> Record:
    """What became of all judgements of a dimension, of every draw and variant."""
    counts = {outcome: int((judged["outcome"] == outcome).sum()) for outcome in OUTCOMES}
    lost = len(judged) - counts[SCORED]
    return {
        "judgements": len(judged),
        "outcomes": counts,
        "not_scored": lost / len(judged) if len(judged) else None,
    }


def _dimension_record(
    dataset: Dataset, plan: Plan, judged: pd.DataFrame, rated: pd.DataFrame, family: str, seed: list[int]
) -> Record:
    primary = primary_rows(dataset, plan, judged)
    both = _common(primary[primary["outcome"] == SCORED], rated)
    rng, draws = np.random.default_rng(seed), min(plan.bootstrap.draws, MOST_DRAWS)
    level = plan.confidence
    return {
        **_outcomes(judged),
        "rated": int(rated["response"].nunique()),
        "compared": len(both.judge),
        "reason": "" if len(both.judge) else NO_COMMON,
        **_agreement(both, rng, draws, level),
        "bias": asdict(clustered_mean(both.bias, both.vignette, level)),
        "bias_by_arm": _bias_by_arm(both, dataset.arms, level),
        "calibration": asdict(isotonic_calibration(both.judge, both.mean, both.vignette, SCORE_LEVELS)),
        "self_preference": _self_preference(both, dataset, family, level),
    }


def _judge_record(dataset: Dataset, plan: Plan, place: int, judge: Record, ratings: pd.DataFrame) -> Record:
    own = dataset.judgements[dataset.judgements["judge"] == judge["judge"]]
    family = str(judge["family"])
    dimensions = []
    for i, dimension in enumerate(plan.dimensions):
        found = _dimension_record(
            dataset,
            plan,
            own[own["dimension"] == dimension],
            ratings[ratings["dimension"] == dimension],
            family,
            [plan.bootstrap.seed, STREAM, place, i],
        )
        dimensions.append({"dimension": dimension, "dimension_label": DIMENSION_LABELS[dimension], **found})
    return {
        **judge,
        "shares_family_with": [arm.title for arm in _relatives(dataset, family)],
        "family_reason": _no_relatives(dataset, family),
        "dimensions": dimensions,
    }


def judges_section(dataset: Dataset, plan: Plan) -> Record:
    """Calibration of every judge against the clinicians, on every dimension of the plan.

    Returns
    -------
    dict
        ``reason`` (empty, or why there is nothing), ``confidence``, ``draws`` of the cluster bootstraps, and
        ``judges``: the columns of judges.csv, ``shares_family_with`` (labels of model arms of the same known
        family) or ``family_reason``, and ``dimensions``, each with ``kappa_median``, ``kappa_mean``,
        ``kappa_single``, ``alpha`` (judge and clinicians' median), ``alpha_clinicians``, ``rank``, ``bias``,
        ``bias_by_arm``, ``calibration`` and ``self_preference``. No judge bears on a claim word.
    """
    rows = [
        {str(key): str(value) for key, value in row.items() if key != "watermark"}
        for row in dataset.judges.sort_values("judge").to_dict("records")
    ]
    ratings = primary_rows(dataset, plan, dataset.ratings[dataset.ratings["copy"] == 0])
    given = ratings[ratings["score"].notna()]
    return {
        "reason": "" if rows else NO_JUDGE,
        "confidence": plan.confidence,
        "draws": min(plan.bootstrap.draws, MOST_DRAWS),
        "judges": [_judge_record(dataset, plan, place, row, given) for place, row in enumerate(rows)],
    }
