"""Linear mixed models of all scores of a dimension, and the contrasts of arms in them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate import ENGINE_REML, Array, MeanTest
from analysis.mixed.contrasts import contrast_tests
from analysis.mixed.linear import LinearMixedFit, fit_linear_mixed
from analysis.quick import options as setting
from analysis.quick.designs import NO_ARM, NO_SCORE, Design, design_of
from analysis.quick.engine import NO_FACTOR, contrast_mean, too_large
from analysis.quick.options import Options
from analysis.quick.pairs import Pair

Record = dict[str, Any]
OF_SCORES = "of the scores"


def fit_scores(design: Design, limit: int) -> tuple[LinearMixedFit | None, str]:
    """The fit, or None and the reason."""
    if len(design.score) == 0:
        return None, NO_SCORE
    reason = too_large(design.codes, limit) if design.codes else NO_FACTOR
    if reason:
        return None, reason
    x = np.column_stack([np.ones(len(design.score)), design.columns])
    fit = fit_linear_mixed(design.score, x, design.labels)
    return (None, fit.reason) if fit.reason else (fit, "")


def linear_contrasts(
    design: Design, fit: LinearMixedFit | None, reason: str, pairs: Sequence[Pair], options: Options
) -> Mapping[str, tuple[MeanTest, str]]:
    """Test of each pair by its title, with a note on the degrees of freedom."""
    weights: dict[str, Array | None] = {pair.title: design.weights(pair) for pair in pairs}
    known = {title: w for title, w in weights.items() if w is not None}
    if fit is None:
        return {title: (MeanTest(ENGINE_REML, None, reason), "") for title in weights}
    found = contrast_tests(fit, known, confidence=setting.CONFIDENCE)
    tests = {t: (contrast_mean(fit, found[t], known[t], options), found[t].note) for t in known}
    return {title: tests.get(title, (MeanTest(ENGINE_REML, None, NO_ARM), "")) for title in weights}


def pair_test(rows: pd.DataFrame, pair: Pair, limit: int, options: Options) -> MeanTest:
    """Test of one pair from the scores of its two arms."""
    arms = [pair.first, *([pair.second] if pair.second else [])]
    design = design_of(rows, arms, options)
    fit, reason = fit_scores(design, limit)
    test, _ = linear_contrasts(design, fit, reason, [pair], options)[pair.title]
    return replace(test, engine=f"{test.engine} {OF_SCORES}")
