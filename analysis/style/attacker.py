"""A machine that is trained to tell models' answers from residents' by style, and how well it does.

It never sees the vignette that it is asked about: each is left out in turn, the machine is trained on the
others and ranks the responses to the one left out. Only responses to the same vignette are compared, by
scores of the same fit: pooling scores of different fits would press the area under the curve below one half
where nothing can be told (Airola and others 2011), and differences between vignettes would count as style.

A bootstrap over vignettes that holds the fits fixed gives intervals that are too short, because each vignette
trains all the other fits (Bengio and Grandvalet 2004). Its variance is therefore multiplied by the factor of
Nadeau and Bengio (2003), about 2, and the limits are those of Student's t on the log odds. In 300 simulated
studies of 30 vignettes in which nothing could be told, 95 % intervals then held one half in 95 to 98 %, and
in 85 to 88 % without the factor; where something can be told they are rather too long.

References
----------
Airola A, Pahikkala T, Waegeman W, De Baets B, Salakoski T (2011). An experimental comparison of
cross-validation techniques for estimating the area under the ROC curve. Computational Statistics and Data
Analysis 55:1828-1844. doi:10.1016/j.csda.2010.11.018
Bengio Y, Grandvalet Y (2004). No unbiased estimator of the variance of K-fold cross-validation. Journal of
Machine Learning Research 5:1089-1105.
Clopper CJ, Pearson ES (1934). The use of confidence or fiducial limits illustrated in the case of the
binomial.
Biometrika 26:404-413. doi:10.1093/biomet/26.4.404
Nadeau C, Bengio Y (2003). Inference for the generalization error. Machine Learning 52:239-281.
doi:10.1023/A:1024068626366
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.estimate import Array, Interval
from analysis.resampling.cluster import Bootstrap, cluster_bootstrap, mean_of_totals
from analysis.style.logistic import balanced_weights, ridge_logistic

Names = NDArray[np.str_]
PENALTY = 1.0
CHANCE = 0.5
FEWEST = 5
MOST_FOLDS = 50
DIGITS = 9
TOO_FEW = f"fewer than {FEWEST} responses of one kind"
TOO_FEW_VIGNETTES = f"fewer than {FEWEST} vignettes with both kinds of response"


@dataclass(frozen=True)
class Attack:
    """What one attack found.

    Attributes
    ----------
    responses : (int, int)
        Responses of models and of residents.
    vignettes : int
        Vignettes with both kinds.
    pairs : int
        Pairs of a model's and a resident's response to the same vignette.
    told : float
        Pairs in which the model's response got the higher score; a tie counts one half.
    auc : float or None
        `told` over `pairs`, the area under the curve within vignettes: 0.5 is chance.
    auc_interval : (float, float) or None
    right : (float, float)
        Single responses of models and of residents that were told rightly, each by itself.
    accuracy : float or None
        Mean of the two shares told rightly, so that its chance level is 0.5 whatever the numbers.
    accuracy_interval : (float, float) or None
    reason : str
        Empty, or why nothing was estimated.
    """

    responses: tuple[int, int]
    vignettes: int
    pairs: int
    told: float = 0.0
    auc: float | None = None
    auc_interval: Interval | None = None
    right: tuple[float, float] = (0.0, 0.0)
    accuracy: float | None = None
    accuracy_interval: Interval | None = None
    reason: str = ""


def standardised(train: Array, held_out: Array) -> tuple[Array, Array]:
    """Both parts in standard deviations of the first.

    A missing figure takes the mean; a figure that does not vary in training says nothing and becomes 0.
    """
    known = np.isfinite(train)
    number = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, train, 0.0).sum(axis=0) / number
    spread = np.sqrt((np.where(known, train - mean, 0.0) ** 2).sum(axis=0) / number)
    varies = spread > 1e-12 * np.maximum(np.abs(mean), 1.0)
    scale = np.where(varies, spread, 1.0)
    first, second = (
        np.where(np.isfinite(part) & varies, (part - mean) / scale, 0.0) for part in (train, held_out)
    )
    return first, second


def held_out_scores(
    features: Array, models: NDArray[np.bool_], vignettes: Names, *, standardise: bool
) -> Array:
    """Log odds that a response is a model's, from fits that saw none of its vignette.

    Parameters
    ----------
    features : ndarray, shape (n, p)
    models : ndarray of bool, shape (n,)
    vignettes : ndarray of str, shape (n,)
        Left out one by one; above 50, in 50 groups.
    standardise : bool
        Whether each fit first standardises the features.

    Returns
    -------
    ndarray, shape (n,)
        Rounded to 9 decimals, so that equal texts get equal scores.
    """
    fold = np.unique(vignettes, return_inverse=True)[1] % MOST_FOLDS
    labels = models.astype(float)
    scores = np.zeros(len(labels))
    fit = None
    for left_out in np.unique(fold):
        here = fold == left_out
        train, held_out = features[~here], features[here]
        if standardise:
            train, held_out = standardised(train, held_out)
        known = labels[~here]
        fit = ridge_logistic(train, known, balanced_weights(known), penalty=PENALTY, start=fit)
        scores[here] = fit.log_odds(held_out)
    return np.asarray(np.round(scores, DIGITS))


def _cells(scores: Array, models: NDArray[np.bool_], vignettes: Names) -> Array:
    """By vignette: pairs told, pairs, models' responses right and all, residents' responses right and all."""
    names = np.unique(vignettes)
    cells = np.zeros((len(names), 6))
    for row, name in zip(cells, names, strict=True):
        here = vignettes == name
        first, second = scores[here & models], scores[here & ~models]
        gap = np.sign(first[:, None] - second[None, :])
        row[:2] = ((gap + 1) / 2).sum(), gap.size
        row[2:4] = ((np.sign(first) + 1) / 2).sum(), len(first)
        row[4:] = ((np.sign(-second) + 1) / 2).sum(), len(second)
    return cells


def _accuracy(totals: Array) -> Array:
    return (mean_of_totals(totals[..., :2]) + mean_of_totals(totals[..., 2:4])) / 2


def widening(vignettes: int) -> float:
    """Nadeau and Bengio's factor on the variance over held-out vignettes: 1 + folds tested / trained."""
    folds = min(vignettes, MOST_FOLDS)
    return 1 + folds / (folds - 1)


def _interval(found: Bootstrap, all_vignettes: int, confidence: float) -> Interval | None:
    """Limits between 0 and 1; at both ends, where no draw differs, Clopper and Pearson's on the vignettes."""
    share, clusters = found.estimate, found.clusters[0]
    factor, tail = widening(all_vignettes), (1 - confidence) / 2
    if share == 1:
        return float(special.betaincinv(clusters / factor, 1, tail)), 1.0
    if share == 0:
        return 0.0, float(special.betaincinv(1, clusters / factor, 1 - tail))
    if share is None or found.se is None:
        return None
    half = special.stdtrit(clusters - 1, 1 - tail) * math.sqrt(factor) * found.se / (share * (1 - share))
    centre = special.logit(share)
    return float(special.expit(centre - half)), float(special.expit(centre + half))


def refusal(models: NDArray[np.bool_], vignettes: Names) -> str:
    """Why an attack would mean nothing, or an empty text."""
    if min(models.sum(), (~models).sum()) < FEWEST:
        return TOO_FEW
    both = set(vignettes[models]) & set(vignettes[~models])
    return TOO_FEW_VIGNETTES if len(both) < FEWEST else ""


def attack(
    features: Array,
    models: NDArray[np.bool_],
    vignettes: Names,
    *,
    standardise: bool,
    rng: np.random.Generator,
    draws: int = 999,
    confidence: float = 0.95,
) -> Attack:
    """Train and test the machine; the parameters are those of `held_out_scores` and of the bootstrap."""
    empty = Attack(
        responses=(int(models.sum()), int((~models).sum())),
        vignettes=len(set(vignettes[models]) & set(vignettes[~models])),
        pairs=sum(int((vignettes[models] == name).sum()) for name in vignettes[~models]),
        reason=refusal(models, vignettes),
    )
    if empty.reason:
        return empty
    scores = held_out_scores(features, models, vignettes, standardise=standardise)
    cells = _cells(scores, models, vignettes)
    return _found(empty, cells, draws, rng, confidence)


def _found(empty: Attack, cells: Array, draws: int, rng: np.random.Generator, confidence: float) -> Attack:
    totals, shared = cells.sum(axis=0), cells[cells[:, 1] > 0, :2]
    area = cluster_bootstrap(shared, mean_of_totals, draws=draws, rng=rng, confidence=confidence)
    single = cluster_bootstrap(cells[:, 2:], _accuracy, draws=draws, rng=rng, confidence=confidence)
    return replace(
        empty,
        told=float(totals[0]),
        auc=area.estimate,
        auc_interval=_interval(area, len(cells), confidence),
        right=(float(totals[2]), float(totals[4])),
        accuracy=single.estimate,
        accuracy_interval=_interval(single, len(cells), confidence),
    )
