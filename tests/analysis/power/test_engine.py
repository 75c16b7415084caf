import dataclasses
from dataclasses import fields

import numpy as np
import pytest

from analysis.power.design import Design
from analysis.power.engine import ContrastTests, primary_tests
from analysis.power.incomplete import one_by_one
from analysis.power.simulate import simulate

MARGINS = np.full(4, 0.5)


def test_all_studies_at_once_give_what_each_gives_on_its_own() -> None:
    design = Design()
    studies = simulate(design, 3, np.random.default_rng(4))
    together = primary_tests(design, studies, MARGINS, 0.95)
    alone = np.array(list(one_by_one(studies, MARGINS, 0.95)))
    for i, field in enumerate(fields(ContrastTests)):
        values = getattr(together, field.name)
        assert values.shape == (4, 3, 2, 2)
        np.testing.assert_allclose(values.ravel(), alone[:, i], rtol=1e-9, atol=1e-12)


def test_a_study_with_missing_scores_goes_through_the_mixed_model() -> None:
    design = dataclasses.replace(Design(), missing=0.05, models=1)
    tests = primary_tests(design, simulate(design, 2, np.random.default_rng(4)), MARGINS, 0.95)
    assert tests.estimate.shape == (4, 2, 1, 2)
    assert np.isfinite(tests.se).all()
    assert (tests.df != np.rint(tests.df)).any()


@pytest.mark.parametrize("raters", [1, 2])
def test_too_few_raters_give_nothing_to_count_or_very_wide_intervals(raters: int) -> None:
    design = dataclasses.replace(Design(), raters=raters, raters_per_response=raters)
    tests = primary_tests(design, simulate(design, 5, np.random.default_rng(4)), MARGINS, 0.95)
    assert np.isfinite(tests.se).any() == (raters > 1)
