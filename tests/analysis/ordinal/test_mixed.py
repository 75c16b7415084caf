"""Cumulative link mixed models against reference software, theory and invariances."""

import numpy as np
import pytest

from analysis.ordinal.comparison import likelihood_ratio_test
from analysis.ordinal.fixed import fit_cumulative_link
from analysis.ordinal.mixed import fit_cumulative_link_mixed
from analysis.ordinal.rows import NotEstimableError, build_rows
from tests.analysis.ordinal.data import crossed
from tests.reference import cases
from tests.reference.adapters.ordinal_keys import ordinal_answers


def _wine():
    data = cases.load_case("07_mixed_models", "wine").table
    x = np.column_stack([data["temp"] == "warm", data["contact"] == "yes"]).astype(float)
    return data["rating"], x, data


def _fit(data, *names, **options):
    return fit_cumulative_link_mixed(data["score"], data[["x"]], {n: data[n] for n in names}, **options)


@pytest.mark.parametrize(
    ("area", "name"),
    [
        ("07_mixed_models", "wine"),
        ("07_mixed_models", "crossed600"),
        ("07_mixed_models", "crossed600_missing"),
        ("10_golden_study", "golden_dev"),
    ],
)
def test_every_reference_value_is_met(area, name):
    case = cases.load_case(area, name)
    answers = ordinal_answers(case)
    wrong = [key for key, answer in answers.items() if not cases.agrees(answer(), case.expected[key])]
    assert answers
    assert not wrong


def test_the_published_wine_model_with_a_judge_is_reproduced():
    score, x, data = _wine()
    fit = fit_cumulative_link_mixed(score, x, {"judge": data["judge"]}, quadrature=10)
    assert fit.log_likelihood == pytest.approx(-81.5325, abs=1e-4)
    assert fit.sd["judge"] ** 2 == pytest.approx(1.2877, abs=1e-4)
    assert fit.approximation == "adaptive Gauss-Hermite quadrature with 10 nodes"


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog"])
def test_effects_of_a_large_simulated_study_are_recovered(link):
    data = crossed(seed=4, n=6000, link=link, effect=0.6, a=(150, 0.8), b=(60, 0.5), c=(40, 0.3))
    fit = _fit(data, "a", "b", "c", link=link)
    assert abs(fit.beta[0] - 0.6) < 3 * fit.beta_se[0]
    for name, size in (("a", 0.8), ("b", 0.5), ("c", 0.3)):
        assert abs(np.log(fit.sd[name] / size)) < 3 * fit.log_sd_se[name]
    assert fit.convergence.max_gradient < 1e-4


def test_row_order_labels_and_order_of_the_effects_change_nothing():
    data = crossed(n=300, a=(5, 0.7), b=(20, 0.6))
    other = data.sample(frac=1, random_state=3).assign(a=lambda d: "z" + d["a"].str[::-1])
    one, two = _fit(data, "a", "b"), _fit(other, "b", "a")
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-9)
    assert one.beta == pytest.approx(two.beta, abs=1e-8)
    assert one.sd["a"] == pytest.approx(two.sd["a"], abs=1e-7)


def test_reversing_the_scale_reverses_the_effect_and_nothing_else():
    data = crossed(n=300, a=(8, 0.7))
    one, two = _fit(data, "a"), _fit(data.assign(score=6 - data["score"]), "a")
    assert one.beta == pytest.approx(-two.beta, abs=1e-8)
    assert one.thresholds == pytest.approx(-two.thresholds[::-1], abs=1e-8)


def test_an_effect_without_variance_is_reported_and_the_rest_is_the_smaller_model():
    score, x, data = _wine()
    judge = {"judge": data["judge"]}
    whole = fit_cumulative_link_mixed(score, x, {**judge, "bottle": data["bottle"]})
    smaller = fit_cumulative_link_mixed(score, x, judge)
    assert whole.singular == ("bottle",)
    assert whole.sd["bottle"] == 0
    assert whole.log_sd_se["bottle"] is None
    assert whole.beta_se == pytest.approx(smaller.beta_se, abs=1e-5)
    assert not whole.modes["bottle"].modes.any()


def test_with_all_variances_at_zero_it_is_the_model_without_random_effects():
    data = crossed(seed=3, n=300, a=(10, 0.0)).sort_values("score")
    data["a"] = np.arange(len(data)) % 10
    mixed, fixed = _fit(data, "a"), fit_cumulative_link(data["score"], data[["x"]])
    assert mixed.singular == ("a",)
    assert mixed.log_likelihood == pytest.approx(fixed.log_likelihood, abs=1e-8)
    assert mixed.beta_se == pytest.approx(fixed.beta_se, abs=1e-5)


def test_a_missing_label_means_no_effect_of_that_factor():
    data = crossed(n=400, a=(5, 0.7), b=(30, 0.8))
    with_none = data.assign(b=data["b"].where(data["x"] == 1))
    constant = data.assign(b=data["b"].where(data["x"] == 1, "none"))
    fit = _fit(with_none, "a", "b")
    assert len(fit.modes["b"].levels) == len(_fit(constant, "a", "b").modes["b"].levels) - 1
    assert fit.n == len(data)


def test_a_missing_text_is_neither_a_category_nor_a_level():
    rows = build_rows(
        ["x", "y", np.nan] * 4, np.zeros((12, 0)), {"a": ["p", "q", "q", np.nan] * 3}, x_names=()
    )
    assert (rows.categories, rows.n, rows.factors[0].levels) == (("x", "y"), 8, ("p", "q"))


def test_modes_follow_the_simulated_effects():
    data = crossed(seed=2, n=3000, a=(30, 1.0))
    modes = _fit(data, "a").modes["a"]
    means = data.groupby("a")["score"].mean()
    assert np.corrcoef(modes.modes, means[list(modes.levels)])[0, 1] > 0.98
    assert (modes.se > 0).all()


def test_quadrature_needs_exactly_one_effect():
    data = crossed(n=100, a=(5, 0.7), b=(5, 0.6))
    with pytest.raises(ValueError, match="needs exactly one random effect"):
        _fit(data, "a", "b", quadrature=5)


def test_levels_that_separate_the_scores_are_refused_with_the_reason():
    rng = np.random.default_rng(1)
    level = np.repeat(np.arange(20), 10)
    with pytest.raises(NotEstimableError, match=r"a grows without limit|not positive definite|no maximum"):
        fit_cumulative_link_mixed(1 + level % 2, rng.standard_normal((200, 1)), {"a": level})


def test_effects_with_the_same_grouping_are_refused():
    data = crossed(n=300, a=(15, 1.0)).assign(b=lambda d: d["a"])
    with pytest.raises(NotEstimableError, match="cannot tell the parameters apart"):
        _fit(data, "a", "b")


@pytest.mark.parametrize("factors", [{}, {"a": [1, 2]}])
def test_malformed_random_effects_are_refused(factors):
    with pytest.raises(ValueError, match=r"at least one random effect|2 labels for 3 rows"):
        fit_cumulative_link_mixed([1, 2, 3], [[0], [1], [0]], factors)


def test_a_likelihood_ratio_of_a_covariate_has_one_degree_of_freedom():
    data = crossed(n=300, a=(8, 0.7))
    smaller = fit_cumulative_link_mixed(data["score"], np.empty((300, 0)), {"a": data["a"]})
    test = likelihood_ratio_test(smaller, _fit(data, "a"))
    assert (test.df, test.boundary, test.boundary_p) == (1, 0, None)
    assert test.p == pytest.approx(_fit(data, "a").beta_p[0], abs=0.01)


def test_the_test_of_one_variance_halves_the_p_value():
    data = crossed(n=300, a=(8, 0.7))
    test = likelihood_ratio_test(fit_cumulative_link(data["score"], data[["x"]]), _fit(data, "a"))
    assert test.boundary == 1
    assert test.boundary_p == pytest.approx(test.p / 2)


def test_models_of_different_rows_are_not_compared():
    data = crossed(n=300, a=(8, 0.7))
    with pytest.raises(ValueError, match="differ in rows"):
        likelihood_ratio_test(fit_cumulative_link(data["score"][1:], data[["x"]][1:]), _fit(data, "a"))
