"""Event rates, majorities and pairing."""

import pytest
from scipy import stats

from analysis.categorical.events import cross_table, event_rate, majority


def test_none_seen_still_has_an_upper_bound():
    rate = event_rate(0, 60)
    assert rate.upper_bound == pytest.approx(1 - 0.05 ** (1 / 60), rel=1e-12)
    assert stats.binom.pmf(0, 60, rate.interval[1]) == pytest.approx(0.025)


def test_thirty_vignettes_without_an_event_leave_room_for_ten_per_cent():
    assert event_rate(0, 30).upper_bound == pytest.approx(0.095, abs=5e-4)


def test_some_seen_have_an_interval_and_no_bound():
    rate = event_rate(3, 60)
    assert rate.upper_bound is None
    assert rate.interval[0] < rate.share < rate.interval[1]


def test_all_seen_reach_the_upper_end():
    assert event_rate(7, 7).interval[1] == 1.0


def test_no_responses_have_no_rate():
    assert event_rate(0, 0).share is None


def test_more_events_than_responses_are_refused():
    with pytest.raises(ValueError, match="among the responses"):
        event_rate(2, 1)


def test_a_majority_is_more_than_half():
    assert majority([True, True, False])
    assert not majority([True, False])
    assert not majority([])


def test_pairs_are_made_within_vignettes_only():
    first = {"v1": True, "v2": False, "v3": True}
    second = [("v1", True), ("v2", True), ("v3", False), ("v4", True)]
    assert cross_table(first, second) == (1, 1, 1, 0)
