"""Procedures without a model fit, on the differences of many simulated studies of one contrast."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.calibration.names import BOOTSTRAP, FLIP, PANEL, PRATT, TWO_WAY
from analysis.calibration.outcomes import Outcomes, Tally, from_tails, numbered
from analysis.estimate import Array, t_interval, t_tail
from analysis.paired.lattice import Integers, common_denominator, to_lattice
from analysis.paired.location import hodges_lehmann
from analysis.paired.signed_rank import ExactTest, sign_flip, signed_rank
from analysis.power.engine import block_means
from analysis.primary import two_way_random_t
from analysis.resampling.cluster import bootstrap_mean

DRAWS = 999
NAN = float("nan")


def two_way(values: Array, blocks: int, null: float) -> Outcomes:
    """The primary procedure on complete differences, shape (studies, responses, raters)."""
    result = two_way_random_t(block_means(values, blocks) - null, margin=1.0)
    return from_tails(result.p_superior, result.low, result.high)


def this_panel(values: Array, blocks: int, null: float) -> Outcomes:
    """One-sample t over the residents' own mean differences, raters fixed."""
    studies, responses, raters = values.shape
    grouped = values.reshape(studies, blocks, responses // blocks * raters)
    means = np.nanmean(grouped, axis=-1, dtype=np.float64) - null
    estimate, se = means.mean(axis=-1), means.std(axis=-1, ddof=1) / np.sqrt(blocks)
    low, high = t_interval(estimate, se, blocks - 1, 0.95)
    return from_tails(t_tail(estimate / se, blocks - 1), low, high)


def vignette_steps(values: Array, null: float) -> tuple[Integers, int]:
    """Mean differences of one study by vignette, minus the null, on their lattice; shape (vignettes,)."""
    counts = np.isfinite(values).sum(axis=-1)
    judged = counts > 0
    means = np.nansum(values[judged], axis=-1, dtype=np.float64) / counts[judged] - null
    # The nulls are whole multiples of half a point.
    denominator = 2 * common_denominator(np.unique(counts[judged]))
    return to_lattice(means, denominator), denominator


def _p_values(test: ExactTest) -> tuple[float, float, float]:
    values = (test.p_two_sided, test.p_greater, test.p_less)
    return tuple(1.0 if p is None else p for p in values)  # type: ignore[return-value]  # a tuple of three


def exact_tests(values: Array, null: float) -> tuple[Outcomes, Outcomes]:
    """Pratt's signed rank with the Walsh interval, and the sign flip, on vignette means."""
    rows, flips = [], []
    for study in values:
        steps, denominator = vignette_steps(study, null)
        interval = hodges_lehmann(steps, denominator).interval or (NAN, NAN)
        rows.append((*_p_values(signed_rank(steps)), *interval))
        flips.append(_p_values(sign_flip(steps, denominator)))
    ranked, flipped = np.array(rows).T, np.array(flips).T
    return Outcomes(*ranked), Outcomes(*flipped)


def bootstrap(values: Array, blocks: int, null: float, seeds: NDArray[np.int64]) -> Outcomes:
    """Two-way percentile interval over residents and raters; it rejects where it leaves out the null."""
    grouped = values.reshape(len(values), blocks, -1, values.shape[-1])
    sums, counts = np.nansum(grouped, axis=2, dtype=float), np.isfinite(grouped).sum(axis=2).astype(float)
    limits = []
    for s, c, seed in zip(sums, counts, seeds, strict=True):
        limits.append(bootstrap_mean(s, c, DRAWS, int(seed)).interval or (NAN, NAN))
    low, high = np.array(limits).T - null
    above, below = np.where(low > 0, 0.0, 1.0), np.where(high < 0, 0.0, 1.0)
    return Outcomes(np.minimum(above, below), above, below, low, high)


def simple_procedures(
    values: Array, blocks: int, null: float, rng: np.random.Generator, *, complete: bool
) -> Tally:
    """Tally of every procedure without a model fit.

    Parameters
    ----------
    values : ndarray, shape (studies, responses, raters)
        Differences, NaN where a score is missing; the responses of a block are neighbours.
    blocks : int
    null : float
    rng : numpy.random.Generator
        For the bootstrap.
    complete : bool
        Whether the closed form applies.
    """
    pratt, flip = exact_tests(values, null)
    seeds = rng.integers(0, 2**62, len(values))
    found: dict[str, Callable[[], Outcomes]] = {
        PANEL: lambda: this_panel(values, blocks, null),
        PRATT: lambda: pratt,
        FLIP: lambda: flip,
        BOOTSTRAP: lambda: bootstrap(values, blocks, null, seeds),
    }
    if complete:
        found = {TWO_WAY: lambda: two_way(values, blocks, null), **found}
    tally: Tally = {}
    for name, outcomes in found.items():
        tally |= numbered(name, outcomes())
    return tally
