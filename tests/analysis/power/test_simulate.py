import dataclasses

import numpy as np
import pytest

from analysis.power.design import Design, Deviations, with_difference
from analysis.power.simulate import allocation, assigned, differences, simulate


def generator() -> np.random.Generator:
    return np.random.default_rng(20)


def test_the_mean_difference_is_the_true_one_in_every_contrast() -> None:
    drawn = simulate(with_difference(Design(), 0.4), 2_000, generator())
    means = differences(drawn).mean(axis=(1, 4, 5))
    assert means.shape == (4, 2, 2)
    assert np.abs(means - 0.4).max() < 0.03


def test_residents_answer_neighbouring_vignettes_and_every_vignette_once() -> None:
    vignette, resident = allocation(Design())
    assert vignette.tolist() == list(range(30))
    assert resident.tolist() == [i // 2 for i in range(30)]


def test_fewer_raters_for_each_response_take_the_vignettes_in_turn() -> None:
    chosen = assigned(dataclasses.replace(Design(), raters=6, raters_per_response=4))
    assert (chosen.sum(axis=1) == 4).all()
    assert (chosen.sum(axis=0) == 20).all()


def test_unassigned_and_missing_scores_are_absent_from_both_sides() -> None:
    design = dataclasses.replace(Design(), raters=6, raters_per_response=3, missing=0.1)
    drawn = simulate(design, 40, generator())
    for scores in (drawn.models, drawn.residents):
        assert np.isfinite(scores).mean() == pytest.approx(0.45, abs=0.01)


def test_correlated_dimensions_have_correlated_scores() -> None:
    drawn = simulate(dataclasses.replace(Design(), correlation=0.8), 100, generator())
    first, second = drawn.models[0].ravel(), drawn.models[1].ravel()
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.8, abs=0.08)


def test_a_leaning_by_kind_is_shared_by_the_levels_and_one_by_arm_is_not() -> None:
    large = Deviations(vignette=0, response=0, resident=0, rater=0, rater_source=1.0, residual=0.01)
    shares = {}
    for source in ("kind", "arm"):
        drawn = simulate(dataclasses.replace(Design(), deviations=large, source=source), 200, generator())
        first, second = drawn.residents[0, :, 0, 0], drawn.residents[0, :, 1, 0]
        shares[source] = float((first == second).mean())
    assert shares["kind"] > 0.98
    assert shares["arm"] < 0.6
