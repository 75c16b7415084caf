"""The default plan's procedure for one comparison on one dimension, with its faults and its word."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.canonical import p_text
from analysis.differences import Differences
from analysis.estimate import Interval, MeanTest, t_tail
from analysis.primary import NARROW_CONFIDENCE
from analysis.quick import options as setting
from analysis.quick.engine import level_limit, random_mean
from analysis.quick.faults import NO_SCORE
from analysis.quick.linear import pair_test
from analysis.quick.options import Options
from analysis.quick.pairs import (
    Pair,
    factors_of,
    unmatched_differences,
)
from analysis.quick.table import Table, closed_form

Record = dict[str, Any]
UNMATCHED = "difference of vignette means, raters not matched"


def limits(interval: Interval | None, confidence: float) -> Record | None:
    """An interval as a record."""
    return None if interval is None else {"confidence": confidence, "low": interval[0], "high": interval[1]}


def two_sided_p(test: MeanTest) -> float | None:
    """Two-sided p of no difference, from the estimate's own t."""
    if test.estimate is None or test.se is None or test.df is None:
        return None
    return float(2 * t_tail(abs(test.estimate) / test.se, test.df))


def test_record(test: MeanTest) -> Record:
    """A test as a record."""
    p_values = {
        "two_sided": two_sided_p(test),
        "superior": test.p_superior,
        "noninferior": test.p_noninferior,
        "upper": test.p_upper,
    }
    return {
        "engine": test.engine,
        "reason": test.reason,
        "estimate": test.estimate,
        "se": test.se,
        "df": test.df,
        "interval": limits(test.interval, setting.CONFIDENCE),
        "narrow_interval": limits(test.narrow_interval, NARROW_CONFIDENCE),
        "p": p_values,
        "p_text": {name: p_text(p) for name, p in p_values.items()},
        "components": test.components,
        "rater_share": test.rater_share,
        "singular": list(test.singular),
    }


def primary_test(
    pair: Pair, scores: pd.DataFrame, differences: Differences, table: Table, fits: int, options: Options
) -> MeanTest:
    """The default plan's test: closed form on complete equal blocks, REML with Kenward-Roger otherwise.

    Where both sides have several responders, each score enters many differences; the contrast of the arms
    then comes from the scores themselves. `fits` is how many such models there may be in all.
    """
    closed, used = closed_form(table, options)
    if used == len(table.counts) and not table.reason:
        return closed
    limit = level_limit(fits)
    if pair.second is not None and len(np.unique(differences.first)) > 1:
        return pair_test(scores, pair, limit, options)
    return random_mean(differences, factors_of(differences, options), limit, options)


def counts_of(pair: Pair, scores: pd.DataFrame, differences: Differences) -> Record:
    """How much lies behind a comparison."""
    d = differences
    cells = np.stack([d.vignette, d.first, d.second], axis=1)
    per_cell = np.unique(cells, axis=0, return_counts=True)[1] if len(d) else np.zeros(0)
    used = len(np.unique(d.vignette))
    return {
        "differences": len(d),
        "vignettes": used,
        "vignettes_with_both": used if pair.second is None else len(unmatched_differences(pair, scores)),
        "first_responders": len(np.unique(d.first)),
        "second_responders": len(np.unique(d.second)),
        "raters": len(np.unique(d.rater)),
        "pairs": len(per_cell),
        "raters_per_pair": float(np.median(per_cell)) if len(d) else 0.0,
    }


def unmatched_test(pair: Pair, scores: pd.DataFrame, fits: int, options: Options) -> MeanTest:
    """The contrast of the arms from all their scores, where few raters or none scored both sides.

    Where that model cannot be fitted, the bare difference of vignette means comes back with the reason.
    """
    if pair.second is None:
        return MeanTest(UNMATCHED, None, NO_SCORE)
    test = pair_test(scores, pair, level_limit(fits), options)
    if test.estimable:
        return test
    gaps = unmatched_differences(pair, scores)
    return MeanTest(UNMATCHED, float(gaps.mean()) if len(gaps) else None, test.reason)
