"""Intervals of variance components and their shares."""

import numpy as np
import pytest

from analysis.mixed.components import variance_intervals, variance_share
from analysis.mixed.linear import fit_linear_mixed
from tests.reference import cases

# Bates DM (2010), lme4: Mixed-effects modeling with R, section 2.1.1: profile intervals of fm2 (ML).
PENICILLIN = {"plate": (0.63357, 1.18210), "sample": (1.09578, 3.55629), "residual": (0.48585, 0.62945)}


def _fit(case, factors, method="REML"):
    data, _ = cases.load("07_mixed_models", case)
    outcome = "diameter" if "diameter" in data else "rating"
    return fit_linear_mixed(
        data[outcome], np.ones((len(data), 1)), {name: data[name] for name in factors}, method=method
    )


def test_profile_intervals_are_the_published_ones():
    intervals = variance_intervals(_fit("penicillin", ["plate", "sample"], "ML"))
    for name, published in PENICILLIN.items():
        found = np.sqrt([intervals[name].low, intervals[name].high])
        assert found == pytest.approx(published, rel=2e-4)
        assert not intervals[name].one_sided


def test_a_component_at_zero_has_a_one_sided_interval():
    data, _ = cases.load("07_mixed_models", "wine")
    design = np.column_stack([np.ones(len(data)), data["temp"] == "warm", data["contact"] == "yes"])
    fit = fit_linear_mixed(data["rating"], design, {name: data[name] for name in ("judge", "bottle")})
    intervals = variance_intervals(fit)
    zero = intervals["bottle"]
    assert (zero.estimate, zero.low, zero.one_sided) == (0.0, 0.0, True)
    assert 0 < zero.high < intervals["residual"].estimate
    assert not intervals["judge"].one_sided


def test_a_component_that_the_rows_may_lack_reaches_down_to_zero():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(6), 5)
    y = rng.standard_normal(30) + 0.4 * rng.standard_normal(6)[group]
    fit = fit_linear_mixed(y, np.ones((30, 1)), {"g": group})
    interval = variance_intervals(fit)["g"]
    assert interval.estimate > 0
    assert interval.low == 0.0
    assert interval.high > interval.estimate


def test_shares_of_the_variance_of_the_mean_add_up_with_the_residual():
    fit = _fit("penicillin", ["plate", "sample"])
    shares = variance_share(fit, "plate", [1.0]) + variance_share(fit, "sample", [1.0])
    rest = fit.variances["residual"] / fit.n / fit.covariance[0, 0]
    assert shares + rest == pytest.approx(1.0, rel=1e-9)


def test_a_model_that_was_not_fitted_has_neither_intervals_nor_shares():
    fit = fit_linear_mixed(np.ones(6), np.ones((6, 1)), {"g": [1, 1, 2, 2, 3, 3]})
    assert variance_intervals(fit) == {}
    assert np.isnan(variance_share(fit, "g", [1.0]))


def test_intervals_of_six_rows_contain_their_estimates():
    rng = np.random.default_rng(63)
    found = []
    for _ in range(8):
        y, group = rng.integers(1, 6, 6).astype(float), np.array([1, 1, 2, 2, 3, 3])
        intervals = variance_intervals(fit_linear_mixed(y, np.ones((6, 1)), {"g": group}))
        found += list(intervals.values())
    assert found
    for interval in found:
        assert interval.low <= interval.estimate <= interval.high
