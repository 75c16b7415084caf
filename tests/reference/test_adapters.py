"""Cases in forms that the project's own copies do not have."""

import json

import pytest

from tests.reference import cases, conformance
from tests.reference.adapters import registry


@pytest.fixture
def write_case(tmp_path):
    def write(area, table, results, **content):
        path = tmp_path / "case.json"
        path.write_text(json.dumps({"area": area, "results": results, **content}), encoding="utf-8")
        path.with_suffix(".csv").write_text(table, encoding="utf-8")
        return next(iter(cases.read_cases(tmp_path)))

    return write


def _result(key, value, call=None):
    return {"key": key, "value": value, "call": call, "tol_abs": 1e-9, "tol_rel": 1e-7}


def test_a_case_that_cannot_be_read_is_a_disagreement_of_its_keys(write_case):
    case = write_case("03_mcnemar", "a,b\n1,2\n", [_result("exact.p", 1.0)])
    tally = conformance.Tally()
    conformance.compare(case, tally)
    assert len(tally.disagree) == 1
    assert "KeyError" in tally.disagree[0]


@pytest.mark.parametrize("labels", ["NULL", "c('a','b','c')"])
def test_categories_may_be_texts(write_case, labels):
    key = "irrCAC.percent.unweighted"
    table = "unit,first,second\n1,a,a\n2,b,b\n3,c,b\n4,,c\n"
    case = write_case("06_agreement_categorical", table, [_result(key, {}, f"categ.labels={labels}")])
    assert registry.answers(case)[key]()["coef"] == pytest.approx(2 / 3)


def test_an_exact_interval_of_too_few_pairs_is_their_whole_range(write_case):
    table = "pair,x,y\n1,5,4\n2,5,3\n3,5,2\n"
    key = "hodges_lehmann.r_wilcox_exact"
    case = write_case("01_paired_location", table, [_result(key, {})])
    assert registry.answers(case)[key]()["ci95"] == (1, 3)


@pytest.mark.parametrize("scale", [1e-6, 3.14159265358979])
def test_pairs_on_any_scale_have_a_bootstrap_error(write_case, scale):
    rows = "".join(f"{i},{i * scale},{(i % 3) * scale}\n" for i in range(1, 6))
    key = "bootstrap_se.exact"
    case = write_case("09_bootstrap", "pair,x,y\n" + rows, [_result(key, 0.0)])
    # Differences of 0, 0, 3, 3 and 3 units.
    assert registry.answers(case)[key]() == pytest.approx(scale * 3 * (0.24 / 5) ** 0.5, rel=1e-6)


def test_a_bootstrap_that_is_not_defined_gives_nothing_in_the_form_of_limits(write_case):
    table = "vignette,arm,rating\n1,llm,3\n2,llm,4\n"
    expected = {"mean_of_runs": [None, None], "sd_between_runs": [None, None]}
    case = write_case(
        "09_bootstrap", table, [_result("percentile_ci95", expected), _result("bootstrap_se", None)]
    )
    tally = conformance.Tally()
    conformance.compare(case, tally)
    assert tally.disagree == []
