"""One model against residents by single ratings."""

import numpy as np
import pytest

from analysis.mixed.contrasts import contrast_test
from analysis.mixed.linear import fit_linear_mixed
from analysis.mixed.rating_model import rating_model

VIGNETTES, RATERS = 20, 4


def _ratings(seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        (f"v{v}", who, f"r{r}", who == "model")
        for v in range(VIGNETTES)
        for who in ("model", f"resident{v // 2}")
        for r in range(RATERS)
    ]
    vignette, responder, rater, first = (np.array(column) for column in zip(*rows, strict=True))
    effect = {name: rng.normal(0, 0.5) for name in sorted({*vignette, *responder, *rater})}
    effect["model"] = 0.0
    shared = [effect[v] + effect[p] + effect[r] for v, p, r, _ in rows]
    score = np.clip(np.round(3.2 + 0.4 * first + shared + rng.normal(0, 0.7, len(rows))), 1, 5)
    return score, vignette, responder, rater, first


def test_it_is_the_stated_linear_mixed_model():
    score, vignette, responder, rater, first = _ratings()
    result = rating_model(score, vignette, responder, rater, first)
    factors = {
        "vignette": vignette,
        "rater": rater,
        "resident": np.where(first, None, responder),
        "response": np.char.add(vignette, responder),
        "rater:arm": np.char.add(rater, first.astype(str)),
    }
    fit = fit_linear_mixed(score, np.column_stack([np.ones(len(score)), first]), factors)
    test = contrast_test(fit, [0, 1])
    assert (result.estimate, result.se, result.df) == pytest.approx((test.estimate, test.se, test.df))
    assert result.components == pytest.approx(fit.variances)
    assert (result.left_out, result.merged, result.degrees) == ({}, {}, "Kenward-Roger")


def test_on_complete_rows_the_estimate_is_the_difference_of_the_means():
    score, vignette, responder, rater, first = _ratings(1)
    result = rating_model(score, vignette, responder, rater, first)
    assert result.estimate == pytest.approx(score[first].mean() - score[~first].mean())
    shifted = rating_model(score + first, vignette, responder, rater, first)
    assert (shifted.estimate, shifted.se) == pytest.approx((result.estimate + 1, result.se), rel=1e-6)


def test_scores_that_were_not_given_are_left_out():
    score, *labels = _ratings()
    score[[3, 50]] = np.nan
    kept = np.isfinite(score)
    result = rating_model(score, *labels)
    assert result.n == len(score) - 2
    assert result == rating_model(score[kept], *(column[kept] for column in labels))


def test_one_rater_leaves_only_effects_that_single_ratings_identify():
    score, *labels = _ratings()
    one = labels[2] == "r0"
    result = rating_model(score[one], *(column[one] for column in labels))
    assert set(result.left_out) == {"rater", "response", "rater:arm"}
    assert set(result.components) == {"vignette", "resident", "residual"}


def test_a_single_resident_has_no_resident_variance():
    score, vignette, _, rater, first = _ratings()
    result = rating_model(score, vignette, np.where(first, "model", "resident"), rater, first)
    assert "one level" in result.left_out["resident"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda score, first: (np.full_like(score, 3.0), first), "does not vary"),
        (lambda score, first: (0 * score + first, first), "does not vary"),
        (lambda score, first: (score, np.ones_like(first)), "only one arm"),
        (lambda score, first: (np.full_like(score, np.nan), first), "only one arm"),
    ],
)
def test_rows_without_a_comparison_give_the_reason(change, reason):
    score, vignette, responder, rater, first = _ratings()
    score, first = change(score, first)
    result = rating_model(score, vignette, responder, rater, first)
    assert reason in result.reason
    assert result.interval is None
