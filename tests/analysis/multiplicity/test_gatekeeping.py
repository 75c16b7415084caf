"""Families in order."""

import numpy as np
import pytest

from analysis.multiplicity.adjust import adjust
from analysis.multiplicity.gatekeeping import parallel, serial, truncated

FAMILIES = [[0.004, 0.021], [0.011, 0.032, 0.2], [0.003, 0.6]]


def test_a_later_family_is_never_below_an_earlier_one():
    found = serial(FAMILIES)
    assert found.n == 7
    assert found.adjusted[1].min() >= found.adjusted[0].max()


def test_what_follows_a_missing_p_value_is_never_tested():
    found = serial([[0.01, np.nan], [0.001]])
    assert np.isnan(found.adjusted[1]).all()
    assert parallel([[np.nan, 0.01], [0.001]], "bonferroni").adjusted[0][0] == 1


@pytest.mark.parametrize("method", ["holm", "hochberg", "hommel"])
def test_without_truncation_a_procedure_is_itself_and_fully_truncated_it_is_bonferronis(method):
    p = np.array([0.011, 0.2, 0.032, 0.012])
    np.testing.assert_allclose(truncated(p, method, 1.0), adjust(p, method).adjusted)
    np.testing.assert_allclose(truncated(p, method, 0.0), adjust(p, "bonferroni").adjusted)


@pytest.mark.parametrize("method", ["bonferroni", "holm", "hochberg", "hommel"])
def test_each_adjusted_p_value_of_the_first_family_is_its_truncated_one(method):
    found = parallel(FAMILIES, method, 0.5)
    np.testing.assert_allclose(found.adjusted[0], truncated(FAMILIES[0], method, 0.5), atol=1e-12)


def test_a_first_family_without_rejection_leaves_nothing():
    found = parallel([[0.9, 0.8], [0.0, 1e-9]], "bonferroni")
    assert found.adjusted[0].tolist() == [1, 1]
    assert found.adjusted[1].min() == pytest.approx(1)


def test_testing_again_never_raises_an_adjusted_p_value():
    families = [[0.001, 0.03], [0.002, 0.004]]
    once = parallel(families, "holm", 0.5)
    again = parallel(families, "holm", 0.5, independence=False)
    assert (again.flat <= once.flat + 1e-12).all()
    assert again.adjusted[0][1] < once.adjusted[0][1]


@pytest.mark.parametrize("bad", [[], [[]], [[0.1], [1.5]]])
def test_what_is_no_list_of_families_is_refused(bad):
    with pytest.raises(ValueError, match="from 0 to 1"):
        serial(bad)


def test_a_first_family_that_passes_nothing_on_is_refused():
    with pytest.raises(ValueError, match="below 1"):
        parallel(FAMILIES, "holm", 1.0)
