"""REML and Kenward-Roger against reference software and balanced theory."""

import numpy as np
import pytest

from analysis.kenward_roger import kenward_roger, variance_share
from analysis.reml import NotEstimableError, fit_reml
from tests.reference import cases

AREA = "07_mixed_models"
MODELS = {
    "lmer_v_r": ["vignette", "rater"],
    "lmer_v_r_p": ["vignette", "rater", "responder"],
    "lmer_v_r_p_resp": ["response", "vignette", "rater", "responder"],
}
NAMES = ("(Intercept)", "armllm")


def _fit(case, model):
    data, expected = cases.load(AREA, case)
    data = data.dropna()
    data = data.assign(response=data["vignette"].astype(str) + data["responder"])
    design = np.column_stack([np.ones(len(data)), data["arm"] == "llm"])
    return fit_reml(data["rating"], design, {name: data[name] for name in MODELS[model]}), expected


def _with_tolerance(expected, value):
    return {**expected, "value": value}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("case", ["crossed600", "crossed600_missing"])
def test_crossed_models_agree_with_lmer_and_pbkrtest(case, model):
    fit, expected = _fit(case, model)
    variances = {**fit.variances, "Residual": fit.variances["residual"]}
    assert cases.agrees(fit.criterion, expected[f"{model}.reml_criterion"])
    assert cases.agrees(dict(zip(NAMES, fit.beta, strict=True)), expected[f"{model}.fixef"])
    assert cases.agrees(variances, expected[f"{model}.var_components"])
    reference = expected[f"{model}.kenward_roger"]
    for i, name in enumerate(NAMES):
        test = kenward_roger(fit, np.eye(2)[i])
        wanted = {key: reference["value"][name][key] for key in ("se", "df", "t")}
        got = {"se": test.se, "df": test.df, "t": test.estimate / test.se}
        assert cases.agrees(got, _with_tolerance(reference, wanted))


def test_a_component_at_zero_keeps_the_denominator_df_small():
    fit, _ = _fit("crossed600_missing", "lmer_v_r_p")
    assert fit.singular == ("responder",)
    assert kenward_roger(fit, [0, 1]).df == pytest.approx(2.0, abs=1e-3)


def test_the_intercept_of_penicillin_agrees_with_the_reference():
    data, expected = cases.load(AREA, "penicillin")
    fit = fit_reml(data["diameter"], np.ones((len(data), 1)), {k: data[k] for k in ("plate", "sample")})
    test = kenward_roger(fit, [1.0])
    reference = expected["lmer.kenward_roger"]
    wanted = {key: reference["value"]["(Intercept)"][key] for key in ("se", "df")}
    assert cases.agrees({"se": test.se, "df": test.df}, _with_tolerance(reference, wanted))
    assert cases.agrees(fit.criterion, expected["lmer.reml_criterion"])


def _balanced(seed=1, blocks=12, raters=5):
    rng = np.random.default_rng(seed)
    d = rng.standard_normal((blocks, raters)) + rng.standard_normal((blocks, 1)) + rng.standard_normal(raters)
    block, rater = np.indices(d.shape)
    return d, block.ravel(), rater.ravel()


def test_on_a_balanced_table_it_is_the_analysis_of_variance():
    d, block, rater = _balanced()
    b, r = d.shape[0] - 1, d.shape[1] - 1
    ms_b, ms_r = d.shape[1] * d.mean(axis=1).var(ddof=1), d.shape[0] * d.mean(axis=0).var(ddof=1)
    residual = d - d.mean(axis=1)[:, None] - d.mean(axis=0) + d.mean()
    ms_e = (residual**2).sum() / (b * r)
    n = ms_b + ms_r - ms_e
    test = kenward_roger(fit_reml(d.ravel(), np.ones((d.size, 1)), {"block": block, "rater": rater}), [1])
    assert test.estimate == pytest.approx(d.mean(), abs=1e-12)
    assert test.se == pytest.approx(np.sqrt(n / d.size), rel=1e-9)
    assert test.df == pytest.approx(n**2 / (ms_b**2 / b + ms_r**2 / r + ms_e**2 / (b * r)), rel=1e-8)


def test_shares_of_the_variance_of_the_mean_add_up_with_the_residual():
    d, block, rater = _balanced(2)
    fit = fit_reml(d.ravel(), np.ones((d.size, 1)), {"block": block, "rater": rater})
    shares = variance_share(fit, "block") + variance_share(fit, "rater")
    rest = fit.variances["residual"] / d.size / fit.covariance[0, 0]
    assert shares + rest == pytest.approx(1.0, rel=1e-9)


def test_adding_a_constant_and_permuting_rows_change_nothing_else():
    d, block, rater = _balanced(3)
    order = np.random.default_rng(0).permutation(d.size)[:-4]
    ones = np.ones((len(order), 1))
    one = kenward_roger(fit_reml(d.ravel()[order], ones, {"b": block[order], "r": rater[order]}), [1])
    sort = np.sort(order)
    two = kenward_roger(fit_reml(d.ravel()[sort] + 2, ones, {"b": block[sort], "r": rater[sort]}), [1])
    assert (two.estimate - 2, two.se, two.df) == pytest.approx((one.estimate, one.se, one.df), rel=1e-7)


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        ([1.0, 2.0], "too few"),
        ([1.0] * 8, "all differences are equal"),
        ([0.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0], "residual variance is estimated at 0"),
    ],
)
def test_models_without_an_estimable_error_say_why(y, reason):
    factors = {"block": np.arange(len(y)) // 4, "rater": np.arange(len(y)) % 4}
    with pytest.raises(NotEstimableError, match=reason):
        fit_reml(y, np.ones((len(y), 1)), factors)
