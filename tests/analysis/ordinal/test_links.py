"""Category probabilities and their derivatives."""

import numpy as np
import pytest

from analysis.ordinal.links import LINKS

LIMITS = np.array([-np.inf, -2.0, -0.5, 0.3, 1.9, np.inf])
STEP = 1e-5


def _limits(eta):
    return LIMITS[1:] - eta, LIMITS[:-1] - eta


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("eta", [-3.0, -0.4, 0.0, 1.7])
def test_derivatives_in_eta_agree_with_differences(link, eta):
    at = LINKS[link].in_eta(*_limits(eta))
    up, down = (LINKS[link].in_eta(*_limits(eta + s)) for s in (STEP, -STEP))
    assert at.slope == pytest.approx((up.log_p - down.log_p) / (2 * STEP), abs=1e-6)
    assert at.weight == pytest.approx(-(up.slope - down.slope) / (2 * STEP), abs=1e-6)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("side", [0, 1])
def test_derivatives_in_the_limits_agree_with_differences(link, side):
    limits = np.array(_limits(0.7))
    shift = np.zeros_like(limits)
    shift[side] = np.where(np.isfinite(limits[side]), STEP, 0)
    up, down = (LINKS[link].in_eta(*(limits + s)) for s in (shift, -shift))
    found = LINKS[link].in_limits(*limits)[side::2]
    for got, high, low in zip(found, up, down, strict=True):
        assert got == pytest.approx((high - low) / (2 * STEP), abs=1e-6)


@pytest.mark.parametrize("link", LINKS)
def test_the_slope_and_weight_in_eta_are_sums_over_both_limits(link):
    at, of = LINKS[link].in_eta(*_limits(0.4)), LINKS[link].in_limits(*_limits(0.4))
    assert at.slope == pytest.approx(-(of.upper + of.lower), abs=1e-12)
    assert at.weight == pytest.approx(of.slope_upper + of.slope_lower, abs=1e-12)


@pytest.mark.parametrize("link", LINKS)
def test_probabilities_of_the_categories_add_up_to_one(link):
    upper, lower = _limits(0.9)
    chance = np.exp(LINKS[link].in_eta(upper, lower).log_p)
    assert chance.sum() == pytest.approx(1, abs=1e-14)
    assert chance == pytest.approx(LINKS[link].below(upper) - LINKS[link].below(lower), abs=1e-14)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("eta", [-60.0, 60.0])
def test_nothing_overflows_far_in_the_tails(link, eta):
    for values in (*LINKS[link].in_eta(*_limits(eta)), *LINKS[link].in_limits(*_limits(eta))):
        assert np.isfinite(values).all()


def test_a_narrow_category_in_the_upper_normal_tail_keeps_its_digits():
    a, c = np.array([12.0 + 1e-6]), np.array([12.0])
    exact = np.log(1e-6) - 72 - 0.5 * np.log(2 * np.pi)
    assert LINKS["probit"].in_eta(a, c).log_p == pytest.approx(exact, abs=1e-5)
    assert LINKS["probit"].in_eta(-c, -a).log_p == pytest.approx(exact, abs=1e-5)
