"""Tests of a mean or of a contrast of arms by restricted maximum likelihood, within a bound of size."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.differences import Differences, reml_test
from analysis.estimate import ENGINE_REML, MeanTest, t_test
from analysis.mixed.components import variance_share
from analysis.mixed.contrasts import MOST_ROWS, ContrastTest
from analysis.mixed.factors import distinct_factors
from analysis.mixed.linear import LinearMixedFit
from analysis.primary import NARROW_CONFIDENCE
from analysis.quick import options as setting
from analysis.quick.options import Options

Codes = NDArray[np.int64]
ENGINE_SATTERTHWAITE = "REML with Satterthwaite"
NO_FACTOR = "no random factor has both two levels and a repeated one"
# A fit with 1,000 levels beside its largest factor takes about a second and grows with their cube.
LEVELS_OF_ONE_SECOND = 1000
SECONDS = 12
FEWEST_LEVELS, MOST_LEVELS = 300, 2000


def level_limit(fits: int) -> int:
    """Most levels beside the largest factor, so that so many fits take a bounded time."""
    bound = LEVELS_OF_ONE_SECOND * float(np.cbrt(SECONDS / max(fits, 1)))
    return int(np.clip(bound, FEWEST_LEVELS, MOST_LEVELS))


def too_large(codes: Mapping[str, Codes], limit: int) -> str:
    """Why a model with these factors is not fitted here; empty if it is."""
    others = sum(sorted(int(code.max()) + 1 for code in codes.values())[:-1])
    if others <= limit:
        return ""
    return f"its model has {others} levels beside the largest factor, more than the {limit} fitted here"


def random_mean(
    differences: Differences, factors: Mapping[str, ArrayLike], limit: int, options: Options
) -> MeanTest:
    """Mean of differences with random intercepts for `factors` and for raters."""
    labels = {name: np.asarray(values, str) for name, values in factors.items()}
    usable = distinct_factors({**labels, "rater": differences.rater}).codes
    reason = too_large(usable, limit) if usable else NO_FACTOR
    if reason:
        return MeanTest(ENGINE_REML, float(differences.value.mean()), reason)
    test = reml_test(differences, labels, margin=options.margin, confidence=setting.CONFIDENCE)
    return replace(test, engine=ENGINE_SATTERTHWAITE) if len(differences) > MOST_ROWS else test


def contrast_mean(fit: LinearMixedFit, found: ContrastTest, weights: ArrayLike, options: Options) -> MeanTest:
    """A tested contrast in the form that the decision reads."""
    engine = ENGINE_REML if found.degrees == "Kenward-Roger" else ENGINE_SATTERTHWAITE
    if found.estimate is None or found.se is None or found.df is None:
        return MeanTest(engine, found.estimate, found.reason)
    with_rater = [name for name in fit.levels if "rater" in name]
    return t_test(
        engine,
        found.estimate,
        found.se,
        found.df,
        margin=options.margin,
        confidence=setting.CONFIDENCE,
        narrow_confidence=NARROW_CONFIDENCE,
        components=fit.variances,
        rater_share=sum(variance_share(fit, name, weights) for name in with_rater),
        singular=fit.singular,
    )
