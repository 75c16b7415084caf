"""Another margin or level, and results about this panel of raters only."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import MeanTest
from analysis.sensitivities.panel import fixed_raters, median_over_raters, t_over_blocks
from analysis.sensitivities.settings import equivalence_alpha, margin_shift, with_margin


def test_a_moved_margin_changes_the_two_p_values_that_carry_it(subject):
    smaller, larger = margin_shift(subject, {"by": (-0.1, 0.1)})
    assert (smaller.margin, larger.margin) == (0.4, 0.6)
    assert smaller.test.p_noninferior > subject.primary.p_noninferior > larger.test.p_noninferior
    assert smaller.test.p_superior == subject.primary.p_superior
    again = with_margin(subject.primary, subject.margin)
    assert again.p_upper == pytest.approx(subject.primary.p_upper)


def test_a_margin_moved_below_zero_is_not_estimable(subject):
    (finding,) = margin_shift(subject, {"by": (-0.5,)})
    assert finding.test.reason == "the moved margin is not above 0"


def test_a_test_without_a_standard_error_keeps_its_reason():
    test = MeanTest("engine", 1.0, "no variance")
    assert with_margin(test, 0.3) is test


def test_another_equivalence_level_keeps_the_test(subject):
    (finding,) = equivalence_alpha(subject, {"value": 0.05})
    assert finding.test is subject.primary
    assert finding.equivalence_alpha == 0.05


def test_fixed_raters_is_the_one_sample_t_test_of_residents(subject):
    (finding,) = fixed_raters(subject, {})
    d = subject.differences
    means = [d.value[d.second == name].mean() for name in np.unique(d.second)]
    expected = stats.ttest_1samp(means, 0, alternative="greater")
    assert finding.test.p_superior == pytest.approx(expected.pvalue)
    assert finding.note == "speaks of this panel of raters only"


def test_one_outlying_rater_moves_the_mean_and_not_the_median(subject):
    d = subject.differences
    lower = replace(d, first_score=d.first_score - 2 * (d.rater == "R01"))
    harsh = replace(subject, differences=lower)
    (mean,), (median,) = fixed_raters(harsh, {}), median_over_raters(harsh, {})
    assert mean.test.estimate < median.test.estimate


@pytest.mark.parametrize(
    ("means", "reason"), [([0.5], "fewer than 2 blocks"), ([0.5, 0.5], "all block means are equal")]
)
def test_block_means_that_cannot_be_tested_say_why(means, reason):
    test = t_over_blocks(np.array(means), "engine", margin=0.5, confidence=0.95)
    assert (test.estimate, test.reason) == (0.5, reason)
