"""Mixed models: the difference at equal length, and first exposures only."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array, MeanTest, t_test
from analysis.mixed.contrasts import ContrastTest, contrast_test
from analysis.mixed.factors import distinct_factors
from analysis.mixed.linear import fit_linear_mixed
from analysis.mixed.rating_model import RatingModel, rating_model
from analysis.primary import NARROW_CONFIDENCE
from analysis.sensitivities.findings import Finding, NotAvailableError, Parameters, Subject

ENGINE_LENGTH = "REML with Kenward-Roger, difference in length as covariate"
ENGINE_RATINGS = "REML with Kenward-Roger on single ratings"
NO_FACTOR = "no random factor has both two levels and a repeated one"


def _fitted(
    engine: str,
    y: Array,
    x: Array,
    weights: ArrayLike,
    factors: Mapping[str, ArrayLike],
    subject: Subject,
) -> MeanTest:
    """Test of one linear combination of the fixed effects."""
    kept = distinct_factors(factors).codes
    if not kept:
        return MeanTest(engine, None, NO_FACTOR)
    labels = {name: np.where(codes < 0, np.nan, codes) for name, codes in kept.items()}
    fit = fit_linear_mixed(y, x, labels)
    result = contrast_test(fit, weights, confidence=subject.plan.confidence)
    return _as_test(engine, result, fit.variances, subject)


def length_adjusted(subject: Subject, parameters: Parameters) -> list[Finding]:
    """Mean difference where both responses are equally long: ``d ~ 1 + difference in length``."""
    measure = parameters["measure"]
    first, second = subject.looked_up(subject.study.lengths, measure, rater=False)
    longer = first - second
    known = np.isfinite(longer)
    if not known.any():
        raise NotAvailableError(f"the number of {measure} was not recorded")
    if np.ptp(longer[known]) == 0:
        raise NotAvailableError(f"the difference in {measure} is the same for every pair")
    d = subject.differences
    factors = {"resident": d.second, "vignette": d.vignette, "rater": d.rater}
    if len(np.unique(d.first)) > 1:
        factors["first responder"] = d.first
    x = np.column_stack([np.ones(len(d)), longer])
    # Scaling keeps the cross-products of a count near a thousand well conditioned.
    x[:, 1] /= np.nanstd(longer)
    test = _fitted(ENGINE_LENGTH, d.value, x, [1.0, 0.0], factors, subject)
    note = f"mean difference in {measure} {np.nanmean(longer):.3g}"
    return [subject.finding(test, d, measure, note)]


def _first_seen(subject: Subject) -> NDArray[np.bool_]:
    """Whether each row of the dimension's scores is the rater's first response to its vignette."""
    ratings = subject.study.dataset.ratings
    seen = ratings.groupby(["vignette", "rater"])["position"].min()
    scores = subject.study.scores(subject.dimension)
    own = subject.study.ratings["position"].reindex(
        scores.set_index(["vignette", "responder", "rater"]).index
    )
    earliest = seen.reindex(scores.set_index(["vignette", "rater"]).index)
    return np.asarray(own.to_numpy(float) == earliest.to_numpy(float))


def first_exposure(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """First response to each vignette that a rater saw; no rater then scored both sides.

    The model is therefore that of single ratings.
    """
    scores = subject.study.scores(subject.dimension)
    sides = [*subject.first, *subject.second]
    first_seen = subject.study.once(("first seen", subject.dimension), lambda: _first_seen(subject))
    rows = scores[first_seen & scores["responder"].isin(sides) & scores["score"].notna()]
    is_first = rows["responder"].isin(subject.first)
    if not is_first.any() or is_first.all():
        raise NotAvailableError("no rater saw a response of each side first")
    model = rating_model(
        rows["score"],
        rows["vignette"],
        rows["responder"],
        rows["rater"],
        is_first,
        confidence=subject.plan.confidence,
    )
    test = _as_test(ENGINE_RATINGS, model, model.components or {}, subject)
    counts = f"{int(is_first.sum())} and {int((~is_first).sum())} ratings"
    faults = tuple(subject.faults_of(subject.differences))
    plan = subject.plan
    return [Finding("", test, len(rows), subject.margin, plan.equivalence_alpha, faults, counts)]


def _as_test(
    engine: str, found: ContrastTest | RatingModel, components: dict[str, float], subject: Subject
) -> MeanTest:
    if found.estimate is None or found.se is None or found.df is None:
        return MeanTest(engine, None, found.reason)
    return t_test(
        engine,
        found.estimate,
        found.se,
        found.df,
        margin=subject.margin,
        confidence=subject.plan.confidence,
        narrow_confidence=NARROW_CONFIDENCE,
        components=components,
        rater_share=None,
        singular=found.singular,
    )
