"""The primary procedure for complete blocks of equal size: a t test with residents and raters both random.

References
----------
Satterthwaite FE (1946). An approximate distribution of estimates of variance components. Biometrics
Bulletin 2:110-114. doi:10.2307/3002019
Judd CM, Westfall J, Kenny DA (2012). Treating stimuli as a random factor in social psychology. Journal of
Personality and Social Psychology 103:54-69. doi:10.1037/a0028347
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import ENGINE_TWO_WAY, Array, MeanTest, t_interval, t_tail

NARROW_CONFIDENCE = 0.90
# Mean squares that are equal in exact arithmetic may differ by rounding; df is discontinuous there.
RELATIVE_TIE = 1e-10
REASONS = (
    "",
    "fewer than 2 blocks",
    "fewer than 2 raters",
    "a block is incomplete",
    "all differences are equal, so there is no variance to test with",
    "the estimated variance of the mean is 0",
)
COMPLETE_TABLE = REASONS[4:]
# Scores are whole points and means of few of them, so a smaller mean square is 0 in exact arithmetic.
ROUNDING = 1e-20


@dataclass(frozen=True)
class TwoWayRandomT:
    """Results of `two_way_random_t`; every array has the leading shape of the input.

    Attributes
    ----------
    estimate, se, df : ndarray
        Mean difference and its standard error in points, degrees of freedom.
    ms_blocks, ms_raters, ms_residual : ndarray
        Mean squares, points squared.
    rater_share : ndarray
        max(MS_R - MS_E, 0) / N, the share of SE squared from raters.
    low, high, narrow_low, narrow_high : ndarray
        Limits at `confidence` and at 90 %.
    p_superior, p_noninferior, p_upper : ndarray
        One-sided p-values at 0, -margin and +margin.
    reason : ndarray of int
        Index into `REASONS`; 0 where the mean is estimable. Elsewhere the other fields that need a
        variance are NaN.
    """

    estimate: Array
    se: Array
    df: Array
    ms_blocks: Array
    ms_raters: Array
    ms_residual: Array
    rater_share: Array
    low: Array
    high: Array
    narrow_low: Array
    narrow_high: Array
    p_superior: Array
    p_noninferior: Array
    p_upper: Array
    reason: NDArray[np.int64]

    def _squares(self, index: tuple[int, ...]) -> dict[str, float]:
        names = ("ms_blocks", "ms_raters", "ms_residual")
        values = {name: float(getattr(self, name)[index]) for name in names}
        return {name: 0.0 if value < ROUNDING else value for name, value in values.items()}

    def test(self, index: tuple[int, ...] = ()) -> MeanTest:
        """The result at one index of the leading axes, as the form that the decision reads."""
        reason = REASONS[int(self.reason[index])]
        estimate = float(self.estimate[index])
        squares = self._squares(index)
        if reason:
            known = estimate if np.isfinite(estimate) else None
            shown = squares if reason in COMPLETE_TABLE else {}
            return MeanTest(ENGINE_TWO_WAY, known, reason, components=shown)
        share = float(self.rater_share[index])
        zero = {"block": squares["ms_blocks"] <= squares["ms_residual"], "rater": share == 0}
        return MeanTest(
            engine=ENGINE_TWO_WAY,
            estimate=estimate,
            se=float(self.se[index]),
            df=float(self.df[index]),
            interval=(float(self.low[index]), float(self.high[index])),
            narrow_interval=(float(self.narrow_low[index]), float(self.narrow_high[index])),
            p_superior=float(self.p_superior[index]),
            p_noninferior=float(self.p_noninferior[index]),
            p_upper=float(self.p_upper[index]),
            components=squares,
            rater_share=share,
            singular=tuple(name for name, at_zero in zero.items() if at_zero),
        )


@dataclass(frozen=True)
class _Squares:
    """Mean, mean squares and largest absolute difference over the last two axes."""

    mean: Array
    blocks: Array
    raters: Array
    residual: Array
    scale: Array


def _mean_squares(d: Array) -> _Squares:
    n_blocks, n_raters = d.shape[-2:]
    mean = d.mean(axis=(-2, -1))
    # Centring first keeps the sums of squares free of cancellation.
    centred = d - mean[..., None, None]
    block, rater = centred.mean(axis=-1), centred.mean(axis=-2)
    residual = centred - block[..., :, None] - rater[..., None, :]
    b, r = max(n_blocks - 1, 1), max(n_raters - 1, 1)
    return _Squares(
        mean,
        n_raters * np.square(block).sum(axis=-1) / b,
        n_blocks * np.square(rater).sum(axis=-1) / r,
        np.square(residual).sum(axis=(-2, -1)) / (b * r),
        np.abs(d).max(axis=(-2, -1)),
    )


def _reasons(squares: _Squares, variance: Array, n_blocks: int, n_raters: int) -> NDArray[np.int64]:
    noise = 1e-24 * np.square(squares.scale)
    total = squares.blocks + squares.raters + squares.residual
    reason = np.zeros(squares.mean.shape, dtype=np.int64)
    reason[variance <= noise] = 5
    reason[total <= noise] = 4
    reason[~np.isfinite(squares.mean)] = 3
    if n_raters < 2:
        reason[...] = 2
    if n_blocks < 2:
        reason[...] = 1
    return reason


def _degrees(squares: _Squares, numerator: Array, rater_part: Array, n_blocks: int, n_raters: int) -> Array:
    b, r = n_blocks - 1, n_raters - 1
    spread = (
        np.square(squares.blocks) / b + np.square(squares.raters) / r + np.square(squares.residual) / (b * r)
    )
    return np.where(rater_part > 0, np.minimum(b, np.square(numerator) / spread), b)


def two_way_random_t(differences: ArrayLike, *, margin: float, confidence: float = 0.95) -> TwoWayRandomT:
    """Test a mean over a complete block-by-rater table with both factors random.

    With mean squares MS_B, MS_R and MS_E, N = MS_B + max(MS_R - MS_E, 0) and SE^2 = N/(BR). The degrees of
    freedom are B - 1 if MS_R <= MS_E, and otherwise Satterthwaite's, at most B - 1.

    Parameters
    ----------
    differences : array_like, shape (..., B, R)
        Mean difference of each block from each rater, points. NaN marks an incomplete block.
    margin : float
        Positive margin, points.
    confidence : float
        Level of the first two-sided interval; the second is always 90 %.

    Returns
    -------
    TwoWayRandomT

    Raises
    ------
    ValueError
        If the input has fewer than two axes or an empty one.
    """
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim < 2 or 0 in d.shape[-2:]:
        raise ValueError("differences must have a block axis and a rater axis, neither empty")
    n_blocks, n_raters = d.shape[-2:]
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = _mean_squares(d)
        excess = squares.raters - squares.residual
        total = squares.blocks + squares.raters + squares.residual
        rater_part = np.where(excess > RELATIVE_TIE * total, excess, 0.0)
        numerator = squares.blocks + rater_part
        reason = _reasons(squares, numerator, n_blocks, n_raters)
        bad = reason > 0
        df = np.where(
            bad, np.nan, _degrees(squares, numerator, rater_part, max(n_blocks, 2), max(n_raters, 2))
        )
        se = np.where(bad, np.nan, np.sqrt(numerator / (n_blocks * n_raters)))
        share = np.where(bad, np.nan, rater_part / numerator)
        mean = squares.mean
        low, high = t_interval(mean, se, df, confidence)
        narrow_low, narrow_high = t_interval(mean, se, df, NARROW_CONFIDENCE)
        superior, noninferior, upper = (t_tail(x / se, df) for x in (mean, mean + margin, margin - mean))
    squared = (squares.blocks, squares.raters, squares.residual)
    limits = (low, high, narrow_low, narrow_high)
    return TwoWayRandomT(mean, se, df, *squared, share, *limits, superior, noninferior, upper, reason)
