"""Model-implied probabilities and means."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from analysis.ordinal.links import LINKS
from analysis.ordinal.marginal import Group, category_probabilities, delta_method, marginal_contrast
from analysis.ordinal.mixed import fit_cumulative_link_mixed
from tests.analysis.ordinal.data import crossed


def _fit(link="logit", **options):
    data = crossed(n=500, a=(10, 0.8), b=(25, 0.9))
    return fit_cumulative_link_mixed(
        data["score"], data[["x"]], {"a": data["a"], "b": data["b"]}, link=link, **options
    )


def test_the_probit_average_has_its_closed_form():
    fit = _fit("probit")
    spread = np.sqrt(1 + sum(sd**2 for sd in fit.sd.values()))
    below = special.ndtr((fit.thresholds - fit.beta[0]) / spread)
    assert np.cumsum(category_probabilities(fit, Group([1.0])))[:-1] == pytest.approx(below, abs=1e-12)


@pytest.mark.parametrize("link", LINKS)
def test_the_average_agrees_with_drawn_random_effects(link):
    fit, rng = _fit(link), np.random.default_rng(1)
    effects = sum(sd * rng.standard_normal(400_000) for sd in fit.sd.values())
    below = LINKS[link].below(fit.thresholds[:, None] - effects).mean(axis=1)
    assert np.cumsum(category_probabilities(fit, Group([0.0])))[:-1] == pytest.approx(below, abs=3e-3)


def test_a_group_without_an_effect_is_averaged_over_the_others_only():
    fit = _fit()
    without = replace(fit, sd={**fit.sd, "b": 0.0}, singular=("b",))
    own = category_probabilities(fit, Group([1.0], ["a"]))
    assert own == pytest.approx(category_probabilities(without, Group([1.0])), abs=1e-12)


def test_differences_are_those_of_the_groups():
    found = marginal_contrast(_fit(), Group([1.0]), Group([0.0]))
    mean = found.mean_treatment.estimate - found.mean_control.estimate
    assert found.mean_difference.estimate == pytest.approx(mean, abs=1e-12)
    high = found.high_treatment.estimate - found.high_control.estimate
    assert found.high_difference.estimate == pytest.approx(high, abs=1e-12)
    assert found.mean_difference.interval[0] < mean < found.mean_difference.interval[1]


def test_the_mean_difference_is_close_to_the_observed_one():
    data = crossed(seed=7, n=4000, a=(30, 0.8))
    fit = fit_cumulative_link_mixed(data["score"], data[["x"]], {"a": data["a"]})
    observed = data.groupby("x")["score"].mean().diff().iloc[-1]
    found = marginal_contrast(fit, Group([1.0]), Group([0.0])).mean_difference
    assert found.estimate == pytest.approx(observed, abs=0.03)


def test_the_delta_method_is_exact_for_a_linear_function():
    weight, covariance = np.array([1.0, -2.0]), np.array([[2.0, 0.5], [0.5, 1.0]])
    found = delta_method(lambda v: float(weight @ v), np.array([3.0, 1.0]), covariance, 0.95)
    assert found.se == pytest.approx(2.0, rel=1e-8)
    assert found.interval == pytest.approx((1 - 1.959964 * 2, 1 + 1.959964 * 2), abs=1e-5)


@pytest.mark.parametrize(("cut", "word", "value"), [(6, "no", 0.0), (1, "every", 1.0)])
def test_a_cut_outside_the_scores_has_no_interval_and_says_why(cut, word, value):
    found = marginal_contrast(_fit(), Group([1.0]), Group([0.0]), cut=cut)
    assert found.high_treatment.reason == f"{word} observed score is {cut} or more"
    assert found.high_treatment.estimate == value
    assert found.high_difference.interval is None


def test_categories_that_are_no_numbers_have_no_mean():
    with pytest.raises(ValueError, match="not numbers"):
        marginal_contrast(replace(_fit(), values=None), Group([1.0]), Group([0.0]))
