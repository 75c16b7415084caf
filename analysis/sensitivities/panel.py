"""This panel of raters only: raters fixed, or their median instead of their mean."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.differences import Differences
from analysis.estimate import Array, MeanTest, t_test
from analysis.primary import NARROW_CONFIDENCE
from analysis.sensitivities.findings import Finding, Parameters, Subject

ENGINE_FIXED = "one-sample t over blocks, raters fixed"
ENGINE_MEDIAN = "one-sample t over blocks of medians over raters"
PANEL = "speaks of this panel of raters only"
SAME = 1e-12


def t_over_blocks(means: Array, engine: str, *, margin: float, confidence: float) -> MeanTest:
    """One-sample t test of block means.

    Parameters
    ----------
    means : ndarray, shape (blocks,)
        Mean difference of each block, points.
    engine : str
        What the result names as its procedure.
    margin, confidence : float
    """
    n = len(means)
    if n < 2 or np.ptp(means) < SAME:
        reason = "fewer than 2 blocks" if n < 2 else "all block means are equal"
        return MeanTest(engine, float(means.mean()) if n else None, reason)
    se = float(means.std(ddof=1) / np.sqrt(n))
    return t_test(
        engine,
        float(means.mean()),
        se,
        n - 1,
        margin=margin,
        confidence=confidence,
        narrow_confidence=NARROW_CONFIDENCE,
        components={"block_means": float(means.var(ddof=1))},
        rater_share=0.0,
        singular=(),
    )


def block_means(differences: Differences, blocks: NDArray[np.str_]) -> Array:
    """Mean difference of each block over its vignettes and raters, shape (blocks,)."""
    _, place = np.unique(blocks, return_inverse=True)
    return np.asarray(np.bincount(place, differences.value) / np.bincount(place), float)


def fixed_raters(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """One-sample t over residents, which holds for these raters."""
    means = block_means(subject.differences, subject.block_labels)
    test = t_over_blocks(means, ENGINE_FIXED, margin=subject.margin, confidence=subject.plan.confidence)
    return [subject.finding(test, subject.differences, note=PANEL)]


def median_over_raters(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """Median over the raters of each response, then t over residents."""
    d = subject.differences
    frame = pd.DataFrame(
        {
            "block": subject.block_labels,
            "vignette": d.vignette,
            "one": d.first,
            "other": d.second,
            "first": d.first_score,
            "second": d.second_score,
        }
    )
    pairs = frame.groupby(["block", "vignette", "one", "other"], sort=True)[["first", "second"]].median()
    means = (pairs["first"] - pairs["second"]).groupby(level="block").mean().to_numpy(float)
    test = t_over_blocks(means, ENGINE_MEDIAN, margin=subject.margin, confidence=subject.plan.confidence)
    return [subject.finding(test, d, note=PANEL)]
