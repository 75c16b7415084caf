"""Linear mixed models against balanced theory, on awkward tables and at the boundary."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from analysis.mixed.contrasts import contrast_test
from analysis.mixed.linear import fit_linear_mixed
from tests.reference import cases


def _balanced(seed=1, blocks=12, raters=5):
    rng = np.random.default_rng(seed)
    d = rng.standard_normal((blocks, raters)) + rng.standard_normal((blocks, 1)) + rng.standard_normal(raters)
    block, rater = np.indices(d.shape)
    return d, block.ravel(), rater.ravel()


def _intercept(y, factors, **options):
    return fit_linear_mixed(y, np.ones((len(y), 1)), factors, **options)


def test_components_of_a_balanced_table_are_those_of_the_analysis_of_variance():
    d, block, rater = _balanced()
    b, r = d.shape
    ms_b, ms_r = r * d.mean(axis=1).var(ddof=1), b * d.mean(axis=0).var(ddof=1)
    residual = d - d.mean(axis=1)[:, None] - d.mean(axis=0) + d.mean()
    ms_e = (residual**2).sum() / ((b - 1) * (r - 1))
    fit = _intercept(d.ravel(), {"block": block, "rater": rater})
    wanted = {"block": (ms_b - ms_e) / r, "rater": (ms_r - ms_e) / b, "residual": ms_e}
    assert fit.variances == pytest.approx(wanted, rel=1e-9)
    assert fit.beta == pytest.approx([d.mean()])


def test_one_factor_by_maximum_likelihood_has_its_closed_form():
    d, block, _ = _balanced(4)
    r = d.shape[1]
    ms_e = d.var(axis=1, ddof=1).mean()
    fit = _intercept(d.ravel(), {"block": block}, method="ML")
    assert fit.variances["residual"] == pytest.approx(ms_e, rel=1e-8)
    assert fit.variances["block"] == pytest.approx(d.mean(axis=1).var() - ms_e / r, rel=1e-8)
    assert fit.conditional_modes()["block"].sum() == pytest.approx(0, abs=1e-9)


def test_the_dyestuff_batches_have_the_published_components():
    # Davies OL, Goldsmith PL (1972), Statistical Methods in Research and Production, table 6.3.
    batches = "1545 1440 1440 1520 1580|1540 1555 1490 1560 1495|1595 1550 1605 1510 1560|"
    batches += "1445 1440 1595 1465 1545|1595 1630 1515 1635 1625|1520 1455 1450 1480 1445"
    grams = [[float(value) for value in batch.split()] for batch in batches.split("|")]
    fit = _intercept(np.ravel(grams), {"batch": np.repeat(list("ABCDEF"), 5)})
    assert fit.variances == pytest.approx({"batch": 1764.05, "residual": 2451.25}, rel=1e-6)
    assert fit.criterion == pytest.approx(319.6543, abs=1e-4)


def test_conditional_modes_shrink_the_block_means():
    d, block, _ = _balanced(2)
    fit = _intercept(d.ravel(), {"block": block})
    weight = fit.variances["block"] / (fit.variances["block"] + fit.variances["residual"] / d.shape[1])
    assert fit.levels["block"].tolist() == list(range(d.shape[0]))
    assert fit.conditional_modes()["block"] == pytest.approx(weight * (d.mean(axis=1) - d.mean()))


def test_a_component_at_zero_is_reported_and_the_rest_is_the_model_without_it():
    data, _ = cases.load("07_mixed_models", "crossed600_missing")
    design = np.column_stack([np.ones(len(data)), data["arm"] == "llm"])
    factors = {name: data[name] for name in ("vignette", "rater", "responder")}
    fit = fit_linear_mixed(data["rating"], design, factors)
    del factors["responder"]
    rest = fit_linear_mixed(data["rating"], design, factors)
    assert (fit.singular, rest.singular) == (("responder",), ())
    assert fit.variances == pytest.approx({**rest.variances, "responder": 0}, rel=1e-8)
    assert fit.criterion == pytest.approx(rest.criterion, abs=1e-9)


def test_rows_without_a_label_carry_no_effect_of_the_factor():
    rng = np.random.default_rng(3)
    human = np.repeat([False, True], 40)
    resident = np.where(human, np.tile(np.arange(8), 10), None)
    y = rng.standard_normal(80) + np.where(human, rng.standard_normal(8)[np.tile(np.arange(8), 10)], 0)
    design = np.column_stack([~human, human])
    fit = fit_linear_mixed(y, design, {"resident": resident})
    assert fit.beta == pytest.approx([y[~human].mean(), y[human].mean()])
    assert fit.covariance[0, 0] == pytest.approx(fit.variances["residual"] / 40)
    with_nan = pd.Series(resident).astype(float)
    assert fit_linear_mixed(y, design, {"resident": with_nan}).variances == fit.variances


def test_a_missing_label_in_a_list_of_texts_is_no_level():
    y = np.random.default_rng(1).standard_normal(9)
    fit = fit_linear_mixed(y, np.ones((9, 1)), {"rater": ["p", "q", np.nan] * 3})
    assert fit.levels["rater"].tolist() == ["p", "q"]


def test_missing_outcomes_and_covariates_leave_their_rows_out():
    d, block, rater = _balanced()
    y, x = d.ravel().copy(), np.column_stack([np.ones(d.size), np.arange(d.size) % 3]).astype(float)
    y[3], x[7, 1] = np.nan, np.nan
    kept = np.isfinite(y) & np.isfinite(x[:, 1])
    fit = fit_linear_mixed(y, x, {"block": block, "rater": rater})
    bare = fit_linear_mixed(y[kept], x[kept], {"block": block[kept], "rater": rater[kept]})
    assert fit.n == d.size - 2
    assert fit.criterion == bare.criterion


def test_the_unit_of_a_covariate_changes_its_effect_only():
    d, block, rater = _balanced()
    words = np.random.default_rng(0).uniform(50, 900, d.size)
    factors = {"block": block, "rater": rater}
    one = fit_linear_mixed(d.ravel(), pd.DataFrame({"one": 1.0, "words": words}), factors)
    two = fit_linear_mixed(d.ravel(), pd.DataFrame({"one": 1.0, "words": words / 1000}), factors)
    assert one.names == ("one", "words")
    assert one.beta * [1, 1000] == pytest.approx(two.beta, rel=1e-9)
    assert one.variances == pytest.approx(two.variances, rel=1e-8)
    assert one.criterion - two.criterion == pytest.approx(2 * np.log(1000))


def test_adding_a_constant_and_permuting_rows_change_nothing_else():
    d, block, rater = _balanced(3)
    order = np.random.default_rng(0).permutation(d.size)[:-4]
    one = contrast_test(_intercept(d.ravel()[order], {"b": block[order], "r": rater[order]}), [1])
    sort = np.sort(order)
    two = contrast_test(_intercept(d.ravel()[sort] + 2, {"b": block[sort], "r": rater[sort]}), [1])
    assert (two.estimate - 2, two.se, two.df) == pytest.approx((one.estimate, one.se, one.df), rel=1e-7)


@pytest.mark.parametrize(
    ("y", "labels", "reason"),
    [
        ([1.0], "a", "no more rows"),
        ([1.0] * 8, "aabbccdd", "does not vary"),
        ([1.0, 1, 2, 2, 3, 3, 7, 7], "aabbccdd", "residual variance is estimated at 0"),
        ([1.0, 1, 2, 2, 3, 3, 7, 8], "aaaaaaaa", "fewer than 2 levels"),
        ([1.0, 1, 2, 2, 3, 3, 7, 8], "abcdefgh", "a level per row"),
    ],
)
def test_rows_that_do_not_determine_the_model_give_the_reason(y, labels, reason):
    fit = _intercept(y, {"g": list(labels)})
    assert reason in fit.reason
    assert not fit.estimable
    assert (fit.variances, fit.conditional_modes()) == ({}, {})
    assert np.isnan(fit.standard_errors).all()
    assert contrast_test(fit, [1.0]).reason == fit.reason


def test_dependent_columns_and_no_factor_are_not_estimable():
    d, block, _ = _balanced()
    twice = np.ones((d.size, 2))
    assert "linearly dependent" in fit_linear_mixed(d.ravel(), twice, {"block": block}).reason
    assert "no random factor" in fit_linear_mixed(d.ravel(), twice[:, :1], {}).reason


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="a row per outcome"):
        fit_linear_mixed([1.0, 2.0], np.ones((3, 1)), {"g": [1, 1]})


def test_many_levels_are_fitted_in_little_memory():
    rng = np.random.default_rng(0)
    rows, text, judge = 20_000, 1_200, 450
    a, b = rng.integers(0, text, rows), rng.integers(0, judge, rows)
    y = 3 + 0.5 * rng.standard_normal(text)[a] + 0.3 * rng.standard_normal(judge)[b]
    fit = _intercept(y + rng.standard_normal(rows), {"text": a, "judge": b})
    assert sparse.issparse(fit.state.likelihood.base.eliminable.table)
    assert fit.variances == pytest.approx({"text": 0.25, "judge": 0.09, "residual": 1.0}, rel=0.15)
    test = contrast_test(fit, [1.0])
    assert (test.degrees, test.note != "") == ("Satterthwaite", True)
