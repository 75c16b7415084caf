"""Cumulative link models without random effects."""

import numpy as np
import pytest
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.ordinal.fixed import fit_cumulative_link
from analysis.ordinal.rows import NotEstimableError
from analysis.ordinal.separation import SEPARATED
from tests.analysis.ordinal.data import crossed
from tests.reference import cases


def _wine():
    data = cases.load_case("07_mixed_models", "wine").table
    return data["rating"], np.column_stack([data["temp"] == "warm", data["contact"] == "yes"]).astype(float)


def test_the_published_wine_model_is_reproduced():
    fit = fit_cumulative_link(*_wine())
    assert fit.log_likelihood == pytest.approx(-86.49192, abs=1e-5)
    assert fit.beta == pytest.approx([2.503102, 1.527798], abs=1e-6)
    assert fit.thresholds == pytest.approx([-1.344383, 1.250809, 3.466887, 5.006404], abs=1e-6)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_estimates_and_errors_agree_with_statsmodels(link):
    score, x = _wine()
    fit = fit_cumulative_link(score, x, link=link)
    other = OrderedModel(score, x, distr=link).fit(method="bfgs", disp=False, gtol=1e-8, maxiter=500)
    assert fit.log_likelihood == pytest.approx(other.llf, abs=1e-8)
    assert fit.beta == pytest.approx(other.params.to_numpy()[:2], abs=1e-5)
    assert fit.beta_se == pytest.approx(other.bse.to_numpy()[:2], rel=1e-3)


@pytest.mark.parametrize(("kind", "value"), [("symmetric", 3), ("equidistant", 2)])
def test_a_restricted_structure_fits_worse_with_fewer_parameters(kind, value):
    free, restricted = fit_cumulative_link(*_wine()), fit_cumulative_link(*_wine(), thresholds=kind)
    assert len(restricted.alpha) == value
    assert restricted.log_likelihood < free.log_likelihood
    assert len(set(np.round(np.diff(restricted.thresholds), 8))) == (1 if kind == "equidistant" else 2)


def test_reversing_the_scores_turns_loglog_into_cloglog():
    score, x = _wine()
    one, two = fit_cumulative_link(score, x, link="cloglog"), fit_cumulative_link(-score, x, link="loglog")
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-9)
    assert one.beta == pytest.approx(-two.beta, abs=1e-7)


def test_the_order_of_the_rows_changes_nothing():
    score, x = _wine()
    order = np.random.default_rng(1).permutation(len(score))
    one, two = fit_cumulative_link(score, x), fit_cumulative_link(score.to_numpy()[order], x[order])
    assert one.beta == pytest.approx(two.beta, abs=1e-10)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog"])
@pytest.mark.parametrize("score", [[1, 1, 2, 2, 3, 4, 4], [1, 2, 2, 2, 2, 3, 4]])
def test_separated_scores_are_refused_with_the_reason(link, score):
    with pytest.raises(NotEstimableError, match=SEPARATED):
        fit_cumulative_link(score, [[0], [0], [0], [0], [1], [1], [1]], link=link)


@pytest.mark.parametrize(
    ("score", "x", "reason"),
    [
        ([3, 3, 3], [[0], [1], [1]], "all scores are 3"),
        ([None, None], [[0], [1]], "no row has a score"),
        ([1, 2, 3], [[1], [1], [1]], "x1 is the same in every row"),
        ([1, 2, 1, 2], [[0, 0], [1, 2], [1, 2], [0, 0]], "linearly dependent"),
    ],
)
def test_rows_that_identify_nothing_are_refused_with_the_reason(score, x, reason):
    with pytest.raises(NotEstimableError, match=reason):
        fit_cumulative_link(score, x)


def test_rows_without_a_score_or_covariate_are_left_out():
    data = crossed(n=200)
    score, x = data["score"].astype(float), data[["x"]].to_numpy().copy()
    whole = fit_cumulative_link(score[2:], x[2:])
    score[0], x[1] = np.nan, np.nan
    assert fit_cumulative_link(score, x).beta == pytest.approx(whole.beta, abs=1e-12)


def test_categories_that_no_row_has_are_named():
    fit = fit_cumulative_link([1, 2, 4, 1, 4, 2], [[0], [1], [1], [0], [0], [1]], categories=range(1, 6))
    assert fit.categories == ("1", "2", "4")
    assert fit.unused == ("3", "5")


def test_a_score_outside_the_categories_is_refused():
    with pytest.raises(ValueError, match="score 9 is not one of the categories"):
        fit_cumulative_link([1, 2, 9], [[0], [1], [0]], categories=[1, 2, 3])
