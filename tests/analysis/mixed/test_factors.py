"""Factors that the rows can tell apart."""

import numpy as np

from analysis.mixed import factors
from analysis.mixed.factors import distinct_factors, separable_factors


def test_factors_that_cannot_be_told_apart_are_merged_or_left_out():
    labels = {"a": list("xxyy"), "b": list("ppqq"), "c": list("1234"), "d": list("zzzz"), "e": list("mnmn")}
    found = distinct_factors({name: np.array(v) for name, v in labels.items()})
    assert set(found.codes) == {"a and b", "e"}
    assert found.merged == {"b": "a"}
    assert found.dropped == {"c": factors.LEVEL_PER_ROW, "d": factors.ONE_LEVEL}


def test_a_missing_label_belongs_to_the_grouping():
    labels = {"a": ["x", "x", "y", "y", "y"], "b": ["p", "p", "q", "q", None], "c": [None] * 5}
    found = distinct_factors(labels)
    assert set(found.codes) == {"a", "b"}
    assert found.codes["b"].tolist() == [0, 0, 1, 1, -1]
    assert found.dropped == {"c": factors.NO_LEVEL}


def test_a_factor_that_the_fixed_effects_or_other_factors_contain_is_left_out():
    pair, side = np.repeat(np.arange(20), 4), np.tile([0, 0, 1, 1], 20)
    parts = {f"cell{s}": np.where(side == s, pair, None) for s in (0, 1)}
    found = distinct_factors({"side": side, **parts, "cell": pair * 2 + side})
    y = np.random.default_rng(0).standard_normal(80)
    kept = separable_factors(y, np.column_stack([np.ones(80), side]), found)
    assert set(kept.codes) == {"cell0", "cell1"}
    assert kept.dropped == {"side": factors.INSEPARABLE, "cell": factors.INSEPARABLE}


def test_labels_are_missing_where_the_row_carries_no_effect():
    found = distinct_factors({"b": ["p", "p", "q", "q", None]})
    assert np.array_equal(found.labels["b"], [0, 0, 1, 1, np.nan], equal_nan=True)
