"""The two-way-random t test against the analysis of variance, its special cases and simulation."""

import numpy as np
import pytest
from scipy import stats

from analysis.primary import two_way_random_t


def _table(seed, blocks=15, raters=4, sd_rater=0.3, sd_block=0.4):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((blocks, raters))
    return noise + sd_block * rng.standard_normal((blocks, 1)) + sd_rater * rng.standard_normal(raters)


def test_mean_squares_are_those_of_the_two_way_table():
    d = _table(1)
    result = two_way_random_t(d, margin=0.5)
    total = ((d - d.mean()) ** 2).sum()
    parts = 14 * result.ms_blocks + 3 * result.ms_raters + 42 * result.ms_residual
    assert parts == pytest.approx(total, rel=1e-12)
    assert result.ms_blocks == pytest.approx(4 * d.mean(axis=1).var(ddof=1), rel=1e-12)


def test_with_rater_variation_the_formula_of_the_plan_holds():
    d = _table(2, sd_rater=2.0)
    b, r = 14, 3
    result = two_way_random_t(d, margin=0.5).test()
    ms = result.components
    n = ms["ms_blocks"] + ms["ms_raters"] - ms["ms_residual"]
    spread = ms["ms_blocks"] ** 2 / b + ms["ms_raters"] ** 2 / r + ms["ms_residual"] ** 2 / (b * r)
    assert result.se == pytest.approx(np.sqrt(n / 60), rel=1e-12)
    assert result.df == pytest.approx(min(b, n**2 / spread), rel=1e-12)
    assert result.rater_share == pytest.approx((ms["ms_raters"] - ms["ms_residual"]) / n, rel=1e-12)


def test_without_rater_variation_it_is_the_one_sample_t_over_blocks():
    d = _table(3)
    d = d - d.mean(axis=0) + d.mean()
    result = two_way_random_t(d, margin=0.5).test()
    reference = stats.ttest_1samp(d.mean(axis=1), 0)
    low, high = reference.confidence_interval(0.95)
    assert result.df == 14
    assert result.interval == pytest.approx((low, high), rel=1e-12)
    assert result.singular == ("rater",)


def test_p_values_are_the_tails_of_the_same_t():
    result = two_way_random_t(_table(4), margin=0.5).test()
    t = stats.t(result.df)
    assert result.p_superior == pytest.approx(t.sf(result.estimate / result.se), rel=1e-12)
    assert result.p_noninferior == pytest.approx(t.sf((result.estimate + 0.5) / result.se), rel=1e-12)
    assert result.p_upper == pytest.approx(t.cdf((result.estimate - 0.5) / result.se), rel=1e-12)


def test_interval_and_p_value_agree_at_their_level():
    result = two_way_random_t(_table(5), margin=0.5).test()
    shifted = two_way_random_t(_table(5) - result.interval[0], margin=0.5).test()
    assert shifted.p_superior == pytest.approx(0.025, rel=1e-9)
    assert shifted.interval[0] == pytest.approx(0, abs=1e-12)


def test_leading_axes_are_independent_studies():
    d = np.stack([[_table(6), _table(7)], [_table(8), _table(9)]])
    many = two_way_random_t(d, margin=0.5)
    one = two_way_random_t(_table(8), margin=0.5)
    assert many.estimate.shape == (2, 2)
    assert many.test((1, 0)) == one.test()


def test_order_of_blocks_and_raters_changes_nothing():
    d = _table(10)
    rng = np.random.default_rng(0)
    shuffled = d[rng.permutation(15)][:, rng.permutation(4)]
    one, two = (two_way_random_t(x, margin=0.5).test() for x in (d, shuffled))
    assert one.interval == pytest.approx(two.interval, rel=1e-12)
    assert one.df == pytest.approx(two.df, rel=1e-12)


@pytest.mark.parametrize(
    ("d", "reason"),
    [
        (np.zeros((5, 3)), "all differences are equal"),
        (np.full((5, 3), 1 / 3), "all differences are equal"),
        (np.array([[1.0, -1.0], [-1.0, 1.0]]), "estimated variance of the mean is 0"),
        (np.ones((1, 3)), "fewer than 2 blocks"),
        (np.array([[1.0], [2.0]]), "fewer than 2 raters"),
        (np.array([[np.nan, 1.0], [2.0, 0.0]]), "incomplete"),
    ],
)
def test_degenerate_tables_are_not_estimable_with_a_reason(d, reason):
    result = two_way_random_t(d, margin=0.5).test()
    assert reason in result.reason
    assert (result.interval, result.se, result.p_superior) == (None, None, None)


def test_a_block_component_at_zero_is_named():
    d = _table(13, sd_rater=2.0)
    level = d - d.mean(axis=1, keepdims=True) + d.mean()
    assert two_way_random_t(level, margin=0.5).test().singular == ("block",)


def test_mean_squares_are_given_where_the_mean_has_no_variance():
    squares = two_way_random_t(np.array([[1.0, -1.0], [-1.0, 1.0]]), margin=0.5).test().components
    assert squares == {"ms_blocks": 0.0, "ms_raters": 0.0, "ms_residual": 4.0}


def test_a_degenerate_study_leaves_its_neighbours_alone():
    d = np.stack([_table(11), np.zeros((15, 4))])
    result = two_way_random_t(d, margin=0.5)
    assert result.test((0,)).estimable
    assert not result.test((1,)).estimable


@pytest.mark.parametrize("shape", [(4,), (0, 3), (3, 0)])
def test_input_without_blocks_or_raters_is_refused(shape):
    with pytest.raises(ValueError, match="block axis"):
        two_way_random_t(np.zeros(shape), margin=0.5)


@pytest.mark.parametrize("sd_rater", [0.0, 0.4])
def test_two_sided_error_at_zero_stays_near_its_level(sd_rater):
    rng = np.random.default_rng(12)
    size = (8000, 15, 4)
    rater = sd_rater * rng.standard_normal((8000, 1, 4))
    d = 0.7 * rng.standard_normal(size) + 0.5 * rng.standard_normal((8000, 15, 1)) + rater
    result = two_way_random_t(d, margin=0.5)
    rate = np.mean((result.low > 0) | (result.high < 0))
    assert 0.025 < rate < 0.065
