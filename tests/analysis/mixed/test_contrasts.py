"""Tests of fixed effects against reference software and exact theory."""

import numpy as np
import pytest
from scipy import stats

from analysis.mixed import contrasts
from analysis.mixed.contrasts import (
    coefficient_tests,
    contrast_test,
    joint_test,
    likelihood_ratio_test,
)
from analysis.mixed.linear import fit_linear_mixed
from tests.reference import cases
from tests.reference.adapters import mixed_models

AREA = "07_mixed_models"


@pytest.mark.parametrize("name", cases.names(AREA))
def test_linear_models_agree_with_the_reference(name):
    case = cases.load_case(AREA, name)
    for key, answer in mixed_models.linear_answers(case).items():
        assert cases.agrees(answer(), case.expected[key]), key


def _singular():
    data, _ = cases.load(AREA, "crossed600_missing")
    design = np.column_stack([np.ones(len(data)), data["arm"] == "llm"])
    factors = {name: data[name] for name in ("vignette", "rater", "responder")}
    return fit_linear_mixed(data["rating"], design, factors, names=("(Intercept)", "arm"))


def test_a_component_at_zero_keeps_kenward_roger_small_while_satterthwaite_jumps():
    fit = _singular()
    careful, bold = contrast_test(fit, [0, 1]), contrast_test(fit, [0, 1], degrees="Satterthwaite")
    assert careful.df == pytest.approx(2.0, abs=1e-3)
    assert bold.df > 500
    assert careful.singular == bold.singular == ("responder",)


def test_the_test_of_one_row_is_the_square_of_t():
    fit = _singular()
    for degrees in ("Kenward-Roger", "Satterthwaite"):
        single, joint = contrast_test(fit, [0, 1], degrees=degrees), joint_test(fit, [0, 1], degrees=degrees)
        assert joint.f == pytest.approx(single.t**2)
        assert (joint.denominator_df, joint.p) == pytest.approx((single.df, single.p), rel=1e-6)
        assert joint.scale == pytest.approx(1.0)


def _blocks(seed=5, blocks=10, treatments=4):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((blocks, treatments)) + rng.standard_normal((blocks, 1))
    block, treatment = (a.ravel() for a in np.indices(y.shape))
    return y, np.equal.outer(treatment, np.arange(treatments)).astype(float), block


@pytest.mark.parametrize("degrees", ["Kenward-Roger", "Satterthwaite"])
def test_complete_blocks_give_the_exact_f_test(degrees):
    y, x, block = _blocks()
    b, t = y.shape
    rest = y - y.mean(axis=1)[:, None] - y.mean(axis=0) + y.mean()
    f = b * y.mean(axis=0).var(ddof=1) / ((rest**2).sum() / ((b - 1) * (t - 1)))
    fit = fit_linear_mixed(y.ravel(), x, {"block": block})
    test = joint_test(fit, np.eye(t)[1:] - np.eye(t)[0], degrees=degrees)
    assert (test.f, test.denominator_df, test.scale) == pytest.approx((f, (b - 1) * (t - 1), 1), rel=1e-6)
    assert test.p == pytest.approx(stats.f.sf(f, t - 1, (b - 1) * (t - 1)), rel=1e-5)


def test_unequal_blocks_keep_joint_tests_between_their_single_ones():
    y, x, block = _blocks()
    kept = np.random.default_rng(1).random(y.size) > 0.3
    fit = fit_linear_mixed(y.ravel()[kept], x[kept], {"block": block[kept]})
    rows = np.eye(4)[1:] - np.eye(4)[0]
    single = [contrast_test(fit, row).df for row in rows]
    assert min(single) - 2 < joint_test(fit, rows).denominator_df < max(single) + 2
    assert joint_test(fit, rows, degrees="Satterthwaite").p == pytest.approx(joint_test(fit, rows).p, rel=0.2)


def test_dependent_contrasts_are_not_estimable():
    y, x, block = _blocks()
    fit = fit_linear_mixed(y.ravel(), x, {"block": block})
    assert "dependent" in joint_test(fit, [[1, -1, 0, 0], [2, -2, 0, 0]]).reason


def test_more_rows_than_kenward_roger_takes_fall_back_and_say_so(monkeypatch):
    monkeypatch.setattr(contrasts, "MOST_ROWS", 500)
    test = coefficient_tests(_singular())["arm"]
    assert test.degrees == "Satterthwaite"
    assert "5,000 rows" in test.note
    assert test.df > 500


def test_kenward_roger_of_a_fit_by_maximum_likelihood_is_refused():
    y, x, block = _blocks()
    fit = fit_linear_mixed(y.ravel(), x, {"block": block}, method="ML")
    with pytest.raises(ValueError, match="REML"):
        contrast_test(fit, [1, 0, 0, 0])
    with pytest.raises(ValueError, match="a weight per fixed effect"):
        contrast_test(fit, [1, 0], degrees="Satterthwaite")


def test_the_likelihood_ratio_uses_the_same_rows_for_both_models():
    y, x, block = _blocks()
    design = x.copy()
    design[5, 2] = np.nan
    test = likelihood_ratio_test(y.ravel(), design, np.ones((y.size, 1)), {"block": block})
    assert test.smaller.n == test.larger.n == y.size - 1
    assert test.df == 3
    assert test.p == pytest.approx(stats.chi2.sf(test.statistic, 3))


def test_a_likelihood_ratio_of_constant_scores_is_not_estimable():
    test = likelihood_ratio_test(np.ones(8), np.eye(8)[:, :2] + 1, np.ones((8, 1)), {"g": [1, 2] * 4})
    assert "does not vary" in test.reason
    assert test.statistic is None


def test_six_rows_give_a_test_or_a_reason():
    rng = np.random.default_rng(0)
    for _ in range(60):
        y, g, h = rng.integers(1, 6, 6).astype(float), rng.integers(0, 3, 6), rng.integers(0, 2, 6)
        fit = fit_linear_mixed(y, np.ones((6, 1)), {"g": g, "h": h})
        test = contrast_test(fit, [1.0])
        assert bool(test.reason) == (test.p is None)
