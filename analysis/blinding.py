"""Blinding indices of Bang (per arm) and James, from the source guesses.

References
----------
James KE, Bloch DA, Lee KK, Kraemer HC, Fuller RK (1996). An index for assessing blindness in a multi-centre
clinical trial: disulfiram for alcohol cessation. Statistics in Medicine 15:1421-1434.
Bang H, Ni L, Davis CE (2004). Assessment of blinding in clinical trials. Controlled Clinical Trials
25:143-156. doi:10.1016/j.cct.2003.10.016
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.bootstrap import percentile, two_way_weights
from analysis.estimate import Array, Interval

WRONG_WEIGHT = 0.5


@dataclass(frozen=True)
class BlindingIndex:
    """An index with its large-sample interval, or the reason why there is none.

    Attributes
    ----------
    index, se : float or None
    interval : (float, float) or None
        Treats guesses as independent, which repeated guesses of one rater are not.
    cluster_interval : (float, float) or None
        Bootstrap interval that resamples raters and vignettes.
    n : int
        Guesses, "don't know" included.
    reason : str
    """

    index: float | None
    se: float | None
    interval: Interval | None
    n: int
    reason: str = ""
    cluster_interval: Interval | None = None


def _with_interval(index: float, variance: float, n: int, confidence: float) -> BlindingIndex:
    se = float(np.sqrt(max(variance, 0.0) / n))
    half = float(special.ndtri((1 + confidence) / 2)) * se
    return BlindingIndex(index, se, (index - half, index + half), n)


def bang_index(correct: int, wrong: int, dont_know: int, confidence: float = 0.95) -> BlindingIndex:
    """Bang's index of one arm: (correct - wrong) / n, from -1 to 1 with 0 for random guessing."""
    n = correct + wrong + dont_know
    if n == 0:
        return BlindingIndex(None, None, None, 0, "no guesses")
    index = (correct - wrong) / n
    return _with_interval(index, (correct + wrong) / n - index**2, n, confidence)


def _weights(sources: int) -> Array:
    """Weight 0 for a correct and 0.5 for a wrong guess; "don't know" weighs 1 by the form of the index."""
    return WRONG_WEIGHT * (1.0 - np.eye(sources))


def james_values(counts: ArrayLike) -> Array:
    """James' index of each table.

    Parameters
    ----------
    counts : array_like, shape (..., sources + 1, sources)
        Guesses in rows, the last one "don't know"; true sources in columns in the same order.

    Returns
    -------
    ndarray, shape (...)
        0 complete unblinding, 0.5 random, 1 everyone "don't know"; NaN where it is undefined.
    """
    table = np.asarray(counts, float)
    sources = table.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        p = table / table.sum(axis=(-2, -1), keepdims=True)
        known, dont_know = p[..., :sources, :], p[..., sources, :].sum(axis=-1)
        share = 1 - dont_know
        w = _weights(sources)
        observed = (w * known).sum(axis=(-2, -1))
        expected = np.einsum("gt,...g,...t->...", w, known.sum(axis=-1), known.sum(axis=-2))
        value = (1 + dont_know - share + share**2 * observed / expected) / 2
    return np.asarray(np.where(dont_know == 1, 1.0, value))


def _james_variance(table: Array) -> float:
    """Variance of sqrt(n) times the index by the multinomial delta method."""
    p = table / table.sum()
    sources = p.shape[1]
    known, share = p[:sources], 1 - float(p[sources].sum())
    w = _weights(sources)
    observed = float((w * known).sum())
    rows, columns = known.sum(axis=1), known.sum(axis=0)
    expected = float(rows @ w @ columns)
    slope = np.empty_like(p)
    slope[:sources] = (
        share**2 / 2 * (w / expected - observed / expected**2 * np.add.outer(w @ columns, rows @ w))
    )
    slope[sources] = 1 - share * observed / expected
    return float((p * slope**2).sum() - (p * slope).sum() ** 2)


def james_index(counts: ArrayLike, confidence: float = 0.95) -> BlindingIndex:
    """James' index of one table with its large-sample interval; `counts` as in `james_values`."""
    table = np.asarray(counts, float)
    n = int(table.sum())
    if n == 0:
        return BlindingIndex(None, None, None, 0, "no guesses")
    value = float(james_values(table))
    if not np.isfinite(value):
        return BlindingIndex(None, None, None, n, "every guess named the only source that was guessed about")
    if table[-1].sum() == n:
        return _with_interval(value, 0.0, n, confidence)
    return _with_interval(value, _james_variance(table), n, confidence)


@dataclass(frozen=True)
class GuessCube:
    """Guess counts by rater, vignette, guess and arm, with the true source of each arm.

    Attributes
    ----------
    counts : ndarray, shape (raters, vignettes, sources + 1, arms)
    arms : tuple of str
    truth : tuple of int
        Index of each arm's true source among the guesses.
    """

    counts: Array
    arms: tuple[str, ...]
    truth: tuple[int, ...]


def guess_cube(
    rows: Sequence[tuple[str, str, str, str]], sources: Sequence[str], truth: dict[str, str]
) -> GuessCube:
    """Count guesses.

    Parameters
    ----------
    rows : sequence of (rater, vignette, arm, guess)
    sources : sequence of str
        The guesses that name a source, in order; any other guess is "don't know".
    truth : dict of str to str
        True source of each arm.
    """
    raters = {name: i for i, name in enumerate(sorted({row[0] for row in rows}))}
    vignettes = {name: i for i, name in enumerate(sorted({row[1] for row in rows}))}
    arms = tuple(sorted(truth))
    counts = np.zeros((len(raters), len(vignettes), len(sources) + 1, len(arms)))
    for rater, vignette, arm, guess in rows:
        named = sources.index(guess) if guess in sources else len(sources)
        counts[raters[rater], vignettes[vignette], named, arms.index(arm)] += 1
    return GuessCube(counts, arms, tuple(sources.index(truth[arm]) for arm in arms))


def _bang_values(tables: Array, arm: int, truth: int) -> Array:
    column = tables[..., arm]
    named = column[..., :-1].sum(axis=-1)
    total = column.sum(axis=-1)
    correct = column[..., truth]
    return np.asarray(
        np.divide(2 * correct - named, total, out=np.full(total.shape, np.nan), where=total > 0)
    )


def _by_source(tables: Array, cube: GuessCube) -> Array:
    sources = tables.shape[-2] - 1
    merged = np.zeros((*tables.shape[:-1], sources))
    for arm, truth in enumerate(cube.truth):
        merged[..., truth] += tables[..., arm]
    return merged


def blinding_indices(
    cube: GuessCube, *, draws: int, seed: int, confidence: float = 0.95
) -> tuple[dict[str, BlindingIndex], BlindingIndex]:
    """Bang's index per arm and James' index over sources, each with a cluster-bootstrap interval."""
    table = cube.counts.sum(axis=(0, 1))
    bang = {}
    resampled = None
    if table.sum() > 0:
        raters, vignettes = two_way_weights((cube.counts.shape[0], cube.counts.shape[1]), draws, seed)
        resampled = np.einsum("dr,rvga,dv->dga", raters, cube.counts, vignettes, optimize=True)
    for i, (arm, truth) in enumerate(zip(cube.arms, cube.truth, strict=True)):
        correct = int(table[truth, i])
        index = bang_index(correct, int(table[:-1, i].sum()) - correct, int(table[-1, i]), confidence)
        if resampled is not None and index.index is not None:
            found = percentile(_bang_values(resampled, i, truth), confidence)
            index = replace(index, cluster_interval=found.interval)
        bang[arm] = index
    james = james_index(_by_source(table, cube), confidence)
    if resampled is not None and james.index is not None:
        found = percentile(james_values(_by_source(resampled, cube)), confidence)
        james = replace(james, cluster_interval=found.interval)
    return bang, james
