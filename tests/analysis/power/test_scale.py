import numpy as np
import pytest

from analysis.power.design import Design, constant_differences
from analysis.power.scale import OutOfReachError, Scale, latent_means

CUTS = (1.5, 2.5, 3.5, 4.5)


def test_the_expected_score_is_that_of_many_drawn_ones() -> None:
    scale = Scale(4.2, CUTS)
    latent = np.random.default_rng(3).normal(4.2, 1.1, 400_000).astype(np.float32)
    assert scale.expected(4.2, 1.1) == pytest.approx(scale.scores(latent).mean(), abs=0.005)


def test_scores_are_the_five_categories_of_rounding() -> None:
    latent = np.array([-3.0, 1.4, 1.6, 2.9, 3.6, 4.6, 9.0], np.float32)
    assert Scale(3.0, CUTS).scores(latent).tolist() == [1, 1, 2, 3, 4, 5, 5]


@pytest.mark.parametrize("points", [1.2, 3.0, 4.9])
def test_the_latent_mean_gives_back_the_expected_score(points: float) -> None:
    scale = Scale(3.0, CUTS)
    assert scale.expected(scale.latent(points, 1.2), 1.2) == pytest.approx(points, abs=1e-10)


def test_true_differences_are_exact_in_points_for_each_level() -> None:
    wanted = {**constant_differences(0.0), "medical_correctness": {"PGY1": 0.5, "PGY2": -0.25}}
    design = Design(scale=Scale(4.2, CUTS), differences=wanted)
    model, residents = latent_means(design, "medical_correctness")
    points = design.scale.expected(model, design.model_deviation)
    found = [points - design.scale.expected(residents[x], design.resident_deviation) for x in residents]
    assert found == pytest.approx([0.5, -0.25], abs=1e-9)


def test_a_difference_beyond_the_end_of_the_scale_is_out_of_reach() -> None:
    with pytest.raises(OutOfReachError, match="out of reach"):
        latent_means(Design(differences=constant_differences(2.5)), "medical_correctness")
