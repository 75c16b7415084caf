"""Calls of the reference software read as models."""

import pandas as pd
import pytest

from tests.reference.adapters.ordinal_formula import design, labels, parse_call


def test_a_call_with_settings_is_taken_apart():
    call = parse_call(
        'ordinal::clmm(rating ~ temp * contact + (1 | judge) +\n (1|site/judge), link = "probit", nAGQ = 7L,'
        ' threshold="equidistant")'
    )
    assert call.response == "rating"
    assert call.fixed == (("temp",), ("contact",), ("temp", "contact"))
    assert call.random == ("judge", "site", "judge:site")
    assert (call.link, call.thresholds, call.quadrature) == ("probit", "equidistant", 7)


def test_a_call_without_random_effects_or_covariates_has_none():
    call = parse_call("ordinal::clm(rating~1)")
    assert (call.fixed, call.random, call.link) == ((), (), "logit")


@pytest.mark.parametrize(
    ("hint", "link"), [("P(Y<=j)=cloglog^-1(theta)", "cloglog"), ("clmm_probit", "probit")]
)
def test_the_link_may_stand_outside_the_call(hint, link):
    assert parse_call("ordinal::clmm(y ~ x + (1 | g))", [hint]).link == link


def test_the_level_without_a_coefficient_is_the_reference():
    table = pd.DataFrame({"arm": ["llm", "resident", "resident", "llm"], "z": [1.0, 2.0, 3.0, 4.0]})
    x, names = design(table, [("arm",), ("z",), ("arm", "z")], ["armllm", "z", "armllm:z"], "")
    assert names == ["armllm", "z", "armllm:z"]
    assert x.tolist() == [[1, 1, 1], [0, 2, 0], [0, 3, 0], [1, 4, 4]]


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("temp / contact", ["tempwarm", "tempcold:contactyes", "tempwarm:contactyes"]),
        ("temp:z", ["tempcold:z", "tempwarm:z"]),
        ("0 + temp + contact", ["tempcold", "tempwarm", "contactyes"]),
        ("temp * contact - temp:contact", ["tempwarm", "contactyes"]),
        ("factor(dose) + z", ["factor(dose)2", "factor(dose)3", "z"]),
        ("flag", ["flagTRUE"]),
    ],
)
def test_a_factor_stands_for_contrasts_only_where_the_term_without_it_is_in_the_model(formula, names):
    table = pd.DataFrame(
        {
            "temp": ["cold", "warm"] * 6,
            "contact": ["no", "no", "yes", "yes"] * 3,
            "z": [0.5, 1.0, 2.0, 4.0, 7.0, 3.0] * 2,
            "dose": [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
            "flag": [True, False, False] * 4,
        }
    )
    call = parse_call(f"lmer(y ~ {formula} + (1 | g), REML = TRUE)")
    assert design(table, call.fixed, [], "", intercept=call.intercept)[1] == names


def test_a_number_is_no_factor_for_the_sake_of_a_longer_name():
    table = pd.DataFrame({"x": [1, 2, 3, 5], "x_2": [1, 4, 9, 1]})
    assert design(table, [("x",), ("x_2",)], ["x", "x_2"], "")[1] == ["x", "x_2"]


def test_an_ordered_factor_has_orthonormal_polynomials():
    table = pd.DataFrame({"dose": [1, 2, 3]})
    x, names = design(table, [("dose",)], ["dose.L", "dose.Q"], "")
    assert names == ["dose.L", "dose.Q"]
    assert x[:, 0] == pytest.approx([-(0.5**0.5), 0, 0.5**0.5])
    assert x[:, 1] == pytest.approx([6**-0.5, -2 * 6**-0.5, 6**-0.5])


def test_a_column_that_others_explain_is_left_out():
    table = pd.DataFrame({"a": ["p", "p", "q", "q", "q"], "b": ["x", "y", "x", "x", "x"]})
    assert design(table, [("a",), ("b",), ("a", "b")], [], "")[1] == ["aq", "by"]


def test_removing_a_term_removes_the_terms_that_contain_it():
    call = parse_call("lmer(y ~ temp * contact + day + (1 | g))")
    assert call.without("temp") == (("contact",), ("day",))
    assert call.without("temp:contact") == (("temp",), ("contact",), ("day",))


def test_a_column_of_zeros_and_ones_says_which_rows_carry_an_effect():
    call = parse_call("lmer(y ~ arm + (0 + human | resident) + (1 | factor(rater)))")
    assert (call.random, call.carriers) == (("resident", "rater"), {"resident": "human"})
    table = pd.DataFrame({"resident": [7.0, 8.0], "human": [1, 0]})
    assert labels(table, "resident", "human").fillna("none").tolist() == ["7", "none"]


def test_random_slopes_are_refused():
    with pytest.raises(ValueError, match="other than intercepts"):
        parse_call("lmer(y ~ day + (1 + day | subject))")
