"""Adjusted p-values of one family."""

import numpy as np
import pytest

from analysis.multiplicity.adjust import STATSMODELS_NAMES, adjust, fixed_sequence

P = np.array([0.01, 0.04, 0.03, 0.005])


def test_a_missing_p_value_stays_missing_and_does_not_count():
    found = adjust([0.01, np.nan, 0.03], "bonferroni")
    assert found.n == 2
    np.testing.assert_allclose(found.adjusted, [0.02, np.nan, 0.06])


@pytest.mark.parametrize("method", sorted(STATSMODELS_NAMES))
def test_order_does_not_matter_and_nothing_falls_below_its_p_value(method):
    order = [2, 0, 3, 1]
    adjusted = adjust(P, method).adjusted
    np.testing.assert_allclose(adjust(P[order], method).adjusted, adjusted[order])
    assert (adjusted >= P - 1e-15).all() and (adjusted <= 1).all()


def test_the_procedures_are_ordered_by_their_power():
    found = {m: adjust(P, m).adjusted for m in ("bonferroni", "holm", "hochberg", "hommel")}
    assert (found["bonferroni"] >= found["holm"]).all()
    assert (found["holm"] >= found["hochberg"]).all()
    assert (found["hochberg"] >= found["hommel"] - 1e-15).all()


@pytest.mark.parametrize("method", sorted(STATSMODELS_NAMES))
def test_no_and_one_p_value_are_returned_as_they_are(method):
    assert adjust([], method).n == 0
    assert adjust([0.2], method).adjusted.tolist() == [0.2]
    assert np.isnan(adjust([np.nan], method).adjusted).all()


def test_a_fixed_sequence_never_falls_and_ends_at_a_missing_value():
    np.testing.assert_allclose(
        fixed_sequence([0.01, 0.005, np.nan, 0.001]).adjusted, [0.01, 0.01, np.nan, np.nan]
    )


@pytest.mark.parametrize("bad", [[-0.1], [1.1], [[0.1, 0.2]]])
def test_what_is_no_list_of_p_values_is_refused(bad):
    with pytest.raises(ValueError, match="from 0 to 1"):
        adjust(bad, "holm")


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="must be one of bonferroni"):
        adjust(P, "fisher")
