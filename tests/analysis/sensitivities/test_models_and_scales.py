"""Equal length, first exposures, and scales on which a margin in points has no meaning."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.sensitivities.findings import NotAvailableError
from analysis.sensitivities.models import first_exposure, length_adjusted
from analysis.sensitivities.scales import signed_rank_zeros, top_box


def test_an_effect_that_is_all_length_is_gone_at_equal_length(subject):
    d, lengths = subject.differences, subject.study.lengths
    first, second = subject.looked_up(lengths, "words", rater=False)
    noise = np.random.default_rng(1).normal(0, 0.2, len(d))
    scores = {"first_score": 0.02 * (first - 60) + noise, "second_score": 0.02 * second}
    long = replace(subject, differences=replace(d, **scores))
    (finding,) = length_adjusted(long, {"measure": "words"})
    assert finding.test.estimate == pytest.approx(-1.2, abs=0.2)
    assert finding.case == "words"


@pytest.mark.parametrize(
    ("words", "reason"), [(80, "is the same for every pair"), (None, "was not recorded")]
)
def test_lengths_that_say_nothing_are_named(subject_of, frames, words, reason):
    subject = subject_of(frames | {"responses": frames["responses"].assign(words=words)})
    with pytest.raises(NotAvailableError, match=reason):
        length_adjusted(subject, {"measure": "words"})


def test_a_first_exposure_is_the_earliest_response_of_a_vignette_per_rater(subject):
    (finding,) = first_exposure(subject, {})
    ratings = subject.study.dataset.ratings.drop_duplicates(["response", "rater"])
    first = ratings.loc[ratings.groupby(["vignette", "rater"])["position"].idxmin()]
    assert finding.n == int(first["responder"].isin([*subject.first, *subject.second]).sum())
    assert finding.test.engine == "REML with Kenward-Roger on single ratings"


def test_without_a_first_exposure_of_one_side_the_reason_is_given(subject_of, frames):
    ratings = frames["ratings"]
    late = ratings["position"] + 1000 * (ratings["arm"] == "C")
    with pytest.raises(NotAvailableError, match="no rater saw a response of each side first"):
        first_exposure(subject_of(frames | {"ratings": ratings.assign(position=late)}), {})


def test_the_top_box_is_a_difference_of_shares_without_a_margin(subject):
    (finding,) = top_box(subject, {"threshold": 4})
    d = subject.differences
    assert finding.test.estimate == pytest.approx((d.first_score >= 4).mean() - (d.second_score >= 4).mean())
    assert finding.margin is None
    assert finding.test.p_noninferior is None


def test_both_rules_for_zeros_are_tried_on_vignette_means(subject):
    pratt, wilcoxon = signed_rank_zeros(subject, {"zeros": ("pratt", "wilcoxon")})
    assert (pratt.case, wilcoxon.case) == ("pratt", "wilcoxon")
    assert 0 < pratt.test.p_superior < 1
    assert pratt.margin is None
