"""REML with Kenward-Roger for unequal blocks that every rater scored in full, many tables at once.

The model is ``d ~ 1 + (1|block) + (1|vignette) + (1|rater)`` with vignettes nested in blocks. Where every
rater scored every vignette, an orthogonal rotation over raters splits the restricted likelihood into three
parts: vignette means around their blocks, rater means, and the rest. Only the ratio of block to vignette
variance has to be searched for.

References
----------
Corbeil RR, Searle SR (1976). Restricted maximum likelihood estimation of variance components in the mixed
model. Technometrics 18:31-38. doi:10.2307/1267913
Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum likelihood.
Biometrics 53:983-997. doi:10.2307/2533558
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from analysis.estimate import Array

Codes = NDArray[np.int64]
GRID = np.concatenate([[0.0], np.geomspace(1e-5, 1e5, 61)])
HALVINGS = 70
LEAST_DF = 0.1
TIE = 1e-12


@dataclass(frozen=True)
class UnequalBlocks:
    """Estimates of a batch of tables; every array has shape (tables,).

    Attributes
    ----------
    estimate, se, df : ndarray
        NaN where the table is degenerate: no residual variance, or no usable degrees of freedom.
    block, vignette, rater, residual : ndarray
        Variance components, points squared.
    rater_share : ndarray
        Share of the variance of the mean that raters contribute.
    """

    estimate: Array
    se: Array
    df: Array
    block: Array
    vignette: Array
    rater: Array
    residual: Array
    rater_share: Array


@dataclass(frozen=True)
class _Sums:
    """Sufficient statistics, one entry per table; block arrays have shape (tables, blocks)."""

    size: Array
    block_mean: Array
    within: Array
    rater: Array
    residual: Array
    vignettes: int
    raters: int

    def curve(self, ratio: Array) -> tuple[Array, Array, Array]:
        """Weights of the blocks, their mean and residuals at a ratio of variances, shapes as `block_mean`."""
        weight = self.size / (1 + self.size * ratio[:, None])
        mean = (weight * self.block_mean).sum(axis=1) / weight.sum(axis=1)
        return weight, mean, self.block_mean - mean[:, None]

    def criterion(self, ratio: Array, pooled: Array, df: int) -> Array:
        """Profiled -2 restricted log-likelihood of the vignette means, `pooled` squares added to theirs."""
        weight, _, rest = self.curve(ratio)
        squares = self.within + (weight * rest**2).sum(axis=1) + pooled
        spread = np.log1p(self.size * ratio[:, None]).sum(axis=1) + np.log(weight.sum(axis=1))
        return np.asarray(df * np.log(squares / df) + spread)

    def slope(self, ratio: Array, pooled: Array, df: int) -> Array:
        """Derivative of `criterion` in the ratio."""
        weight, _, rest = self.curve(ratio)
        squares = self.within + (weight * rest**2).sum(axis=1) + pooled
        total = weight.sum(axis=1)
        return np.asarray(
            total - (weight**2).sum(axis=1) / total - df * (weight**2 * rest**2).sum(axis=1) / squares
        )


def _sums(tables: Array, blocks: Codes) -> _Sums:
    vignettes, raters = tables.shape[1:]
    means = tables.mean(axis=2) * np.sqrt(raters)
    member = (blocks[:, :, None] == np.arange(blocks.max() + 1)).astype(float)
    size = member.sum(axis=1)
    block_mean = np.einsum("tv,tvb->tb", means, member) / np.maximum(size, 1)
    own = np.take_along_axis(block_mean, blocks, axis=1)
    by_rater = tables.mean(axis=1)
    grand = by_rater.mean(axis=1)
    rest = tables - tables.mean(axis=2)[:, :, None] - (by_rater - grand[:, None])[:, None, :]
    return _Sums(
        size,
        block_mean,
        ((means - own) ** 2).sum(axis=1),
        vignettes * ((by_rater - grand[:, None]) ** 2).sum(axis=1),
        (rest**2).sum(axis=(1, 2)),
        vignettes,
        raters,
    )


def _best_ratio(sums: _Sums, pooled: Array, df: int) -> Array:
    """Ratio of block to vignette variance at the criterion's minimum, by grid and bisection of the slope."""
    tables = len(pooled)
    values = np.stack([sums.criterion(np.full(tables, ratio), pooled, df) for ratio in GRID], axis=1)
    best = values.argmin(axis=1)
    low, high = GRID[np.maximum(best - 1, 0)], GRID[np.minimum(best + 1, len(GRID) - 1)]
    at_zero = (best <= 1) & (sums.slope(np.zeros(tables), pooled, df) >= 0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rising = sums.slope(middle, pooled, df) > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return np.where(at_zero, 0.0, (low + high) / 2)


def _fit(sums: _Sums) -> tuple[Array, Array, Array, Array]:
    """Ratio, vignette-mean variance, rater-mean variance and residual variance of the best feasible fit."""
    df_rater = sums.raters - 1
    df_means, df_rest = sums.vignettes - 1, (sums.vignettes - 1) * df_rater
    best = np.full(len(sums.within), np.inf)
    found = [np.full(len(best), np.nan) for _ in range(4)]
    for tied_mean in (False, True):
        for tied_rater in (False, True):
            squares, df = sums.residual.copy(), df_rest
            if tied_rater:
                squares, df = squares + sums.rater, df + df_rater
            pooled, total = (squares, df + df_means) if tied_mean else (np.zeros_like(squares), df_means)
            ratio = _best_ratio(sums, pooled, total)
            weight, _, rest = sums.curve(ratio)
            mean = (sums.within + (weight * rest**2).sum(axis=1) + pooled) / total
            residual = mean if tied_mean else squares / df
            rater = residual if tied_rater else sums.rater / df_rater
            value = sums.criterion(ratio, pooled, total)
            value = value + (0 if tied_mean else df * np.log(residual))
            value = value + (0 if tied_rater else df_rater * np.log(rater))
            feasible = (mean >= residual * (1 - TIE)) & (rater >= residual * (1 - TIE))
            better = feasible & (value < best - TIE)
            best = np.where(better, value, best)
            found = [
                np.where(better, new, old)
                for new, old in zip((ratio, mean, rater, residual), found, strict=True)
            ]
    return found[0], found[1], found[2], found[3]


def _kenward_roger(blocks: Codes, components: Array, raters: int) -> tuple[Array, Array, Array]:
    """Unadjusted and adjusted variance of the mean and its df; components in the order of the model."""
    n = blocks.shape[1]
    same = (blocks[:, :, None] == blocks[:, None, :]).astype(float)
    eye, ones = np.broadcast_to(np.eye(n), same.shape), np.ones_like(same)
    parts = [raters * same, raters * eye, ones, eye]
    covariance = sum(components[:, i, None, None] * part for i, part in enumerate(parts))
    inverse = np.linalg.inv(covariance)
    weights = inverse.sum(axis=2) * np.sqrt(raters)
    products = [inverse @ part for part in parts]
    loads = [np.einsum("tij,tj->ti", part, weights) for part in parts]
    phi = 1 / (weights.sum(axis=1) * np.sqrt(raters))
    traces = np.array([[np.einsum("tij,tji->t", a, b) for a in products] for b in products])
    first = np.array([(load * weights).sum(axis=1) for load in loads])
    second = np.array([[np.einsum("ti,tij,tj->t", a, inverse, b) for a in loads] for b in loads])
    residual, contrast = components[:, 3], components[:, 3] + n * components[:, 2]
    times = raters - 1
    traces[2, 2] += times * n**2 / contrast**2
    traces[2, 3] += times * n / contrast**2
    traces[3, 2] += times * n / contrast**2
    traces[3, 3] += times * ((n - 1) / residual**2 + 1 / contrast**2)
    pairs = first[:, None] * first[None, :]
    information = np.moveaxis(traces - 2 * phi * second + phi**2 * pairs, 2, 0)
    w = np.stack([2 * linalg.pinvh((i + i.T) / 2, rtol=1e-10) for i in information])
    correction = np.einsum("tij,ijt->t", w, second - phi * pairs)
    shares = phi * first
    spread = np.einsum("it,tij,jt->t", shares, w, shares)
    return phi, phi + 2 * phi**2 * correction, 2 / spread


def unequal_blocks(tables: ArrayLike, blocks: ArrayLike) -> UnequalBlocks:
    """Mean of each table with random blocks, vignettes within blocks, and raters.

    Parameters
    ----------
    tables : array_like, shape (tables, vignettes, raters)
        Differences, none missing; at least 2 raters and 3 vignettes.
    blocks : array_like of int, shape (tables, vignettes)
        Block of each vignette, numbered from 0.

    Returns
    -------
    UnequalBlocks
    """
    d, codes = np.asarray(tables, float), np.asarray(blocks, np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = _sums(d, codes)
        ratio, mean, rater, residual = _fit(sums)
    usable = np.isfinite(mean) & (residual > 1e-12 * np.square(d).mean(axis=(1, 2)))
    components = np.stack(
        [
            ratio * mean / sums.raters,
            (mean - residual) / sums.raters,
            (rater - residual) / sums.vignettes,
            residual,
        ],
        axis=1,
    )
    scale = np.where(usable, residual, 1.0)[:, None]
    components = np.where(usable[:, None], np.where(components < TIE * scale, 0.0, components), 1.0)
    phi, adjusted, df = _kenward_roger(codes, components, sums.raters)
    usable &= (df >= LEAST_DF) & (adjusted > 0)
    centre = sums.curve(np.where(usable, ratio, 0.0))[1]
    # Kenward and Roger's variance is never below the unadjusted one.
    se = np.sqrt(np.maximum(adjusted, phi))
    share = components[:, 2] / sums.raters / phi
    values = (centre / np.sqrt(sums.raters), se, df, *components.T, share)
    names = ("estimate", "se", "df", "block", "vignette", "rater", "residual", "rater_share")
    return UnequalBlocks(
        **{name: np.where(usable, value, np.nan) for name, value in zip(names, values, strict=True)}
    )
