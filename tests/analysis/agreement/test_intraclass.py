"""Intraclass correlations against published values and edge cases."""

import itertools

import numpy as np
import pytest

from analysis.agreement.intraclass import FORMS, intraclass_correlations
from tests.reference import cases

PUBLISHED = dict(zip(FORMS, (0.17, 0.29, 0.71, 0.44, 0.62, 0.91), strict=True))
CONSTANT_GAP = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]])


@pytest.fixture
def scores(rng):
    """Thirty responses by four raters with rater and response effects."""
    return 3 + rng.normal(size=(30, 1)) + 0.5 * rng.normal(size=(1, 4)) + rng.normal(size=(30, 4))


def test_the_six_forms_are_those_that_shrout_and_fleiss_printed():
    data, _ = cases.load("06_icc", "shrout_fleiss_1979")
    forms = intraclass_correlations(data.iloc[:, 1:]).forms
    assert {name: round(forms[name].estimate, 2) for name in FORMS} == PUBLISHED


def test_a_single_category_is_not_estimable_in_any_form():
    found = intraclass_correlations(np.full((4, 3), 4.0))
    assert found.reason == "all scores are equal"
    assert {form.reason for form in found.forms.values()} == {"all scores are equal"}


def test_missing_scores_shrink_the_table_to_complete_responses():
    scores = np.array([[1.0, 2.0], [3.0, np.nan], [4.0, 4.0], [2.0, 3.0]])
    assert intraclass_correlations(scores).responses == 3


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.ones((3, 1)), "fewer than 2 raters"),
        (np.empty((0, 0)), "fewer than 2 raters"),
        (np.array([[1.0, np.nan], [2.0, 3.0]]), "fewer than 2 responses scored by every rater"),
    ],
)
def test_too_little_for_an_icc_is_named(scores, reason):
    assert intraclass_correlations(scores).reason == reason


def test_raters_who_differ_by_a_constant_have_an_icc_without_limits():
    single = intraclass_correlations(CONSTANT_GAP).forms["ICC(2,1)"]
    assert single.estimate == pytest.approx(2 / 3)
    assert single.interval is None
    assert "differ by constants only" in single.reason


def test_raters_who_differ_by_a_constant_are_perfectly_consistent():
    assert intraclass_correlations(CONSTANT_GAP).forms["ICC(3,1)"].estimate == 1.0


def test_a_total_variance_of_zero_is_not_estimable():
    forms = intraclass_correlations(np.array([[1.0, 2.0], [2.0, 1.0]])).forms
    assert forms["ICC(2,1)"].reason == "the total variance is estimated at 0"
    assert forms["ICC(1,k)"].reason == "the responses do not differ"


def test_the_order_of_raters_and_responses_changes_nothing(rng, scores):
    moved = rng.permutation(rng.permutation(scores, axis=0), axis=1)
    there, here = intraclass_correlations(moved).forms, intraclass_correlations(scores).forms
    for name in FORMS:
        assert there[name].interval == pytest.approx(here[name].interval)


def test_adding_a_constant_and_stretching_the_scale_changes_nothing(scores):
    there, here = intraclass_correlations(7 + 3 * scores).forms, intraclass_correlations(scores).forms
    assert [there[name].estimate for name in FORMS] == pytest.approx([here[name].estimate for name in FORMS])


def test_every_small_table_has_finite_limits_or_none():
    cells = np.array(list(itertools.product((1, 2, 3), repeat=6)), float)
    for shape in ((2, 3), (3, 2)):
        for table in cells.reshape(-1, *shape):
            found = intraclass_correlations(table)
            limits = [limit for form in found.forms.values() for limit in form.interval or ()]
            assert np.isfinite([*limits, *(found.average_interval_mcgraw_wong or ())]).all()
            assert all(form.reason or form.interval for form in found.forms.values())


def test_the_limits_of_icc21_cover_about_as_often_as_stated(rng):
    covered = 0
    for _ in range(400):
        table = rng.normal(size=(30, 1)) + 0.5 * rng.normal(size=(1, 5)) + rng.normal(size=(30, 5))
        low, high = intraclass_correlations(table).forms["ICC(2,1)"].interval
        covered += low <= 1 / 2.25 <= high
    assert 0.91 <= covered / 400 <= 0.985
