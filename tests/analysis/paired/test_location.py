"""Mean, median and Hodges-Lehmann estimates with their tests and intervals."""

import numpy as np
import pytest
from scipy import stats

from analysis.paired import location as module
from analysis.paired.location import (
    binomial_tails,
    clopper_pearson,
    hodges_lehmann,
    median_interval,
    paired_t,
    sign_test,
)

STEPS = np.array([3, -1, 0, 2, 2, -1, 4, 0])
EMPTY = np.array([], dtype=int)


def test_paired_t_is_the_one_sample_t_of_the_differences():
    got, wanted = paired_t(STEPS, 2, shift=0.25), stats.ttest_1samp(STEPS / 2, 0.25)
    assert (got.statistic, got.p_two_sided) == pytest.approx((wanted.statistic, wanted.pvalue))
    assert got.interval == pytest.approx(tuple(wanted.confidence_interval(0.95)))
    assert got.p_greater + got.p_less == pytest.approx(1.0)


def test_equal_differences_have_a_mean_and_no_test():
    result = paired_t(np.full(5, 3), 10)
    assert (result.mean, result.sd, result.p_two_sided) == (0.3, 0.0, None)
    assert "standard deviation is 0" in result.reason


def test_one_difference_or_none_has_no_t_test():
    assert paired_t(np.array([2])).reason == "one difference has no standard error"
    assert paired_t(EMPTY).reason == "there are no differences"


def test_far_tails_keep_their_precision():
    steps = np.array([100, 101, 99, 100, 102, 98, 100, 101])
    assert 0 < paired_t(steps).p_greater < 1e-13


def test_clopper_pearson_inverts_the_binomial_tails():
    low, high = clopper_pearson(3, 20)
    assert stats.binom.sf(2, 20, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 20, high) == pytest.approx(0.025)


def test_binomial_tails_equal_the_exact_binomial_test():
    for k in range(9):
        assert binomial_tails(k, 8)[0] == pytest.approx(stats.binomtest(k, 8).pvalue)


def test_the_sign_test_leaves_zeros_out_and_counts_them():
    result = sign_test(STEPS)
    assert (result.positive, result.negative, result.zero) == (4, 2, 2)
    assert result.p_two_sided == pytest.approx(stats.binomtest(4, 6).pvalue)
    assert result.p_mid == pytest.approx(result.p_two_sided - stats.binom.pmf(4, 6, 0.5))


def test_a_sign_test_of_zeros_only_says_why_it_has_no_p():
    assert sign_test(np.zeros(3, dtype=int)).reason == "no difference is different from 0"


def test_the_median_interval_has_its_stated_coverage():
    rng = np.random.default_rng(6)
    draws = np.rint(rng.normal(size=(4000, 15)) * 1e6).astype(int)
    results = [median_interval(row) for row in draws]
    covered = np.mean([r.interval[0] <= 0 <= r.interval[1] for r in results])
    assert covered == pytest.approx(results[0].coverage, abs=0.01)


def test_hodges_lehmann_is_the_median_of_all_pair_averages():
    averages = [(a + b) / 2 for i, a in enumerate(STEPS) for b in STEPS[i:]]
    assert hodges_lehmann(STEPS, 4).estimate == np.median(averages) / 4


def test_the_hodges_lehmann_interval_has_its_stated_coverage():
    rng = np.random.default_rng(7)
    draws = np.rint(rng.normal(size=(3000, 12)) * 1e6).astype(int)
    results = [hodges_lehmann(row) for row in draws]
    covered = np.mean([r.interval[0] <= 0 <= r.interval[1] for r in results])
    assert covered == pytest.approx(results[0].coverage, abs=0.012)


def test_many_differences_give_the_same_estimate_without_listing_the_pairs(monkeypatch):
    steps = np.random.default_rng(9).integers(-40, 60, 80)
    listed = hodges_lehmann(steps, 7)
    monkeypatch.setattr(module, "MAX_LISTED", 10)
    assert hodges_lehmann(steps, 7) == listed


def test_the_normal_rank_joins_the_exact_rank(monkeypatch):
    exact = module._walsh_rank(150, 0.95)
    module._walsh_rank.cache_clear()
    monkeypatch.setattr(module, "MAX_EXACT_RANK", 100)
    assert abs(module._walsh_rank(150, 0.95)[0] - exact[0]) <= 8
    module._walsh_rank.cache_clear()


def test_too_few_differences_have_an_estimate_and_no_interval():
    for method in (hodges_lehmann, median_interval):
        result = method(np.array([2, 2, 4]))
        assert (result.estimate, result.interval) == (2.0 if method is median_interval else 2.5, None)
        assert "not attainable with 3 differences" in result.reason


def test_no_differences_at_all_are_refused_by_the_medians():
    for method in (hodges_lehmann, median_interval):
        with pytest.raises(ValueError, match="no differences"):
            method(EMPTY)


def test_adding_a_constant_moves_every_location_estimate_by_it():
    for method in (hodges_lehmann, median_interval):
        assert method(STEPS + 8, 2).estimate == method(STEPS, 2).estimate + 4
    assert paired_t(STEPS + 8, 2).mean == paired_t(STEPS, 2).mean + 4
