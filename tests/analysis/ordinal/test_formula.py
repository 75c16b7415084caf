"""Calls of the reference software read as models."""

import pandas as pd
import pytest

from tests.reference.adapters.ordinal_formula import design, parse_call


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
    table = pd.DataFrame({"arm": ["llm", "resident", "resident"], "z": [1.0, 2.0, 3.0]})
    x, names = design(table, [("arm",), ("z",), ("arm", "z")], ["armllm", "z", "armllm:z"], "")
    assert names == ["armllm", "z", "armllm:z"]
    assert x.tolist() == [[1, 1, 1], [0, 2, 0], [0, 3, 0]]
