"""Verdicts before and after, against counting by hand and against enumeration."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.categorical.mcnemar import NO_DISCORDANT
from analysis.categorical.verdicts import (
    MOST_SPLITS,
    NO_HALVES,
    NO_ITEMS,
    split_half_agreement,
    unchanged_throughout,
    verdict_stability,
)

ITEMS = [f"MS-{i:02d}" for i in range(1, 31)]
VERDICTS = st.dictionaries(st.sampled_from(ITEMS), st.booleans())


def _rng():
    return np.random.default_rng(1)


def test_counts_share_and_direction_are_those_of_a_table_made_by_hand():
    before = dict.fromkeys(ITEMS[:8], True) | dict.fromkeys(ITEMS[8:20], False)
    after = before | dict.fromkeys(ITEMS[:1], False) | dict.fromkeys(ITEMS[8:13], True)
    found = verdict_stability(before, after, 22)
    assert (found.items, found.unchanged, found.to_safe, found.to_unsafe) == (20, 14, 1, 5)
    assert found.share == pytest.approx(0.7)
    assert found.bounds == pytest.approx((14 / 22, 16 / 22))
    assert found.p_exact == pytest.approx(2 * (1 + 6) / 2**6)
    exact = stats.binomtest(14, 20).proportion_ci(0.95, method="exact")
    assert found.interval == pytest.approx((exact.low, exact.high))


@given(VERDICTS, VERDICTS)
def test_stability_is_what_counting_item_by_item_gives(before, after):
    both = sorted(set(before) & set(after))
    found = verdict_stability(before, after, len(set(before) | set(after)))
    moved = [(before[item], after[item]) for item in both if before[item] != after[item]]
    assert found.items == len(both)
    assert found.items - found.unchanged == len(moved) == found.to_safe + found.to_unsafe
    assert found.to_unsafe == sum(is_unsafe for _, is_unsafe in moved)
    if both:
        assert found.bounds[0] <= found.share <= found.bounds[1]
        p = stats.binomtest(found.to_safe, len(moved)).pvalue if moved else 1.0
        assert found.p_exact == pytest.approx(p)


def test_verdicts_that_share_no_item_have_no_share_and_say_so():
    found = verdict_stability({"a": True}, {"b": True}, 2)
    assert (found.share, found.interval, found.p_exact, found.reason) == (None, None, None, NO_ITEMS)
    assert found.bounds == (0.0, 1.0)


def test_without_any_planned_item_there_are_no_bounds():
    assert verdict_stability({}, {}, 0).bounds is None


def test_verdicts_that_never_change_leave_the_test_nothing_to_weigh():
    found = verdict_stability({"a": True, "b": False}, {"a": True, "b": False}, 2)
    assert (found.share, found.p_exact, found.reason) == (1.0, 1.0, NO_DISCORDANT)


def test_throughout_counts_items_with_every_verdict_only():
    before = {"a": True, "b": False, "c": False, "d": True}
    after = [{"a": True, "b": False, "c": True}, {"a": True, "b": True, "c": True, "d": True}]
    found = unchanged_throughout(before, after)
    assert (found.events, found.responses) == (1, 3)
    assert unchanged_throughout(before, [{}]).share is None


def _by_enumeration(scores, limit):
    shares = []
    for given_scores in scores:
        places = range(len(given_scores))
        agreed = []
        for first in combinations(places, len(given_scores) // 2):
            halves = [[given_scores[i] for i in places if (i in first) == side] for side in (True, False)]
            agreed.append(len({np.median(half) <= limit for half in halves}) == 1)
        shares.append(np.mean(agreed))
    return np.mean(shares)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(1, 5), min_size=2, max_size=6), min_size=1, max_size=4))
def test_split_halves_agree_as_often_as_enumeration_says(scores):
    found = split_half_agreement(scores, 2, rng=_rng())
    assert found.share == pytest.approx(_by_enumeration(scores, 2))
    assert found.exhaustive


def test_an_item_with_one_rater_has_no_halves():
    found = split_half_agreement([[3], []], 2, rng=_rng())
    assert (found.share, found.items, found.reason) == (None, 0, NO_HALVES)


def test_many_raters_are_split_at_random_and_near_the_full_enumeration():
    scores = [1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]
    assert comb(len(scores), 7) > MOST_SPLITS
    found = split_half_agreement([scores], 2, rng=_rng())
    assert not found.exhaustive
    assert found.share == pytest.approx(_by_enumeration([scores], 2), abs=0.06)
