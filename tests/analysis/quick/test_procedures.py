"""Engines, influence, resampling and coding checks on files whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.primary import two_way_random_t
from analysis.quick.beside import lattice_steps, rank_statistics
from analysis.quick.bootstrap import bootstrap_pairs
from analysis.quick.engine import level_limit
from analysis.quick.options import Options
from analysis.quick.pairs import differences_of, pairs_of
from analysis.quick.ratings import load_ratings
from analysis.quick.reliability import categories_of
from analysis.resampling.cluster import bootstrap_mean
from tests.analysis.quick.conftest import study


def compared(quick, frame, *options):
    (found,) = quick(frame, *options).results["comparisons"]
    return found


def test_complete_blocks_go_to_the_closed_form(quick):
    frame = study()
    sides = frame.pivot_table(index=["vignette", "rater"], columns="arm", values="score")
    gap = (sides["model"] - sides["doctors"]).unstack().to_numpy()
    blocks = np.stack([gap[np.arange(12) % 6 == b].mean(axis=0) for b in range(6)])
    expected = two_way_random_t(blocks, margin=0.5)
    found = compared(quick, frame)["primary"]
    assert found["engine"] == "two-way-random t"
    assert found["se"] == pytest.approx(float(expected.se), rel=1e-8)
    assert found["p"]["superior"] == pytest.approx(float(expected.p_superior), rel=1e-8)


def test_a_missing_cell_goes_to_reml_with_the_complete_blocks_beside(quick):
    found = compared(quick, study().drop(index=5))
    assert found["primary"]["engine"] == "REML with Kenward-Roger"
    assert found["complete_blocks"]["blocks_used"] == 5


def test_several_responders_on_both_sides_are_compared_by_their_scores(quick):
    found = compared(quick, study(arms=(("a", 6), ("b", 6))))
    assert found["primary"]["engine"] == "REML with Kenward-Roger of the scores"
    assert found["word"] in {
        "superior",
        "non-inferior",
        "inconclusive",
        "equivalent (not better by 0.5 or more)",
    }


def test_adding_a_point_to_every_score_changes_no_comparison(quick):
    frame = study(score=lambda _: 3)
    rng = np.random.default_rng(2)
    low = frame.assign(score=rng.integers(1, 5, len(frame)))
    first, second = (compared(quick, low.assign(score=low["score"] + shift)) for shift in (0, 1))
    assert first["primary"] == second["primary"]


def test_swapping_the_sides_turns_the_sign_and_keeps_the_interval(quick):
    frame = study(arms=(("a", 1), ("b", 1)))
    one, other = (compared(quick, frame, "--fixed-responders", "--lead", arm)["primary"] for arm in "ab")
    assert one["estimate"] == -other["estimate"]
    assert one["interval"]["low"] == -other["interval"]["high"]


def test_removing_a_rater_who_turns_the_sign_is_reported(quick):
    frame = study(arms=(("a", 1), ("b", 6)), score=lambda _: 3)
    rng = np.random.default_rng(3)
    up = np.where((frame["arm"] == "a") & (frame["rater"] == "r0"), 2, 0)
    down = np.where((frame["arm"] == "a") & (frame["rater"] != "r0") & (rng.random(len(frame)) < 0.3), 1, 0)
    lines = compared(quick, frame.assign(score=frame["score"] + up - down))["influence"]
    assert any(line.startswith("Rater r0") and "changes the sign" in line for line in lines)


def test_a_forgotten_order_flip_is_warned_of(quick):
    rng = np.random.default_rng(4)
    frame = study(arms=(("d", 6),), vignettes=40)
    flip = rng.integers(0, 2, len(frame))
    raw = rng.integers(0, 3, len(frame))
    frame = frame.assign(score=np.where(flip == 1, -raw, raw), order_swapped=flip)
    outcome = quick(frame, "--paired-scores", "--scale", "-4", "4")
    assert "Opposite signs that cancel look like an order flip that was forgotten" in " ".join(
        outcome.out.split()
    )


def test_a_score_that_ignores_the_flip_column_is_recognised(quick):
    rng = np.random.default_rng(4)
    frame = study(arms=(("d", 6),))
    frame = frame.assign(shown=rng.integers(-2, 3, len(frame)), swapped=rng.integers(0, 2, len(frame)))
    frame = frame.assign(score=2 * frame["shown"])
    (check,) = quick(frame, "--paired-scores", "--scale", "-4", "4").results["coding"]["columns"]
    assert check["relation"] == {"raw": "shown", "factor": 2.0, "turned": False}


def test_a_swap_column_is_also_read_where_two_arms_are_compared(quick):
    frame = study()
    frame = frame.assign(
        swapped=frame["vignette"].isin(["v00", "v01", "v02"]).map({True: "yes", False: "no"})
    )
    (check,) = quick(frame).results["coding"]["columns"]
    assert check["means"][0]["n"] == 48


def test_the_bootstrap_agrees_with_the_dense_one():
    rng = np.random.default_rng(6)
    table = rng.normal(size=(20, 5))
    block, rater = (index.ravel().astype(str) for index in np.indices(table.shape))
    sparse = bootstrap_pairs(block, rater, table.ravel(), draws=4000, seed=1, confidence=0.95)
    dense = bootstrap_mean(table, np.ones_like(table), 4000, 1)
    assert sparse.se == pytest.approx(dense.se, rel=0.05)


def test_above_the_cluster_limit_there_is_no_bootstrap():
    labels = np.arange(20_001).astype(str)
    found = bootstrap_pairs(labels, labels, np.ones(20_001), draws=99, seed=1, confidence=0.95)
    assert (found.interval, found.draws) == (None, 0)


def test_equal_means_are_equal_on_the_lattice_whatever_lies_behind_them():
    means, counts = np.array([1 / 3, 2 / 6, 0.1 + 0.2, 0.3]), np.array([3, 6, 10, 10])
    steps, denominator = lattice_steps(means, counts, 1)
    assert denominator == 30
    assert steps.tolist() == [10, 10, 9, 9]


def test_many_vignettes_use_approximations_that_say_so(tmp_path):
    rows = study(vignettes=600, arms=(("a", 1), ("b", 1)), raters=3)
    rows.to_csv(tmp_path / "ratings.csv")
    ratings = load_ratings(tmp_path / "ratings.csv", Options())
    (pair,) = pairs_of(ratings, Options())
    ranks = rank_statistics(differences_of(pair, ratings.frame), 1, Options())
    gaps = rows.pivot_table(index="vignette", columns="arm", values="score")
    steps = np.rint(3 * (gaps["a"] - gaps["b"]))
    expected = stats.wilcoxon(steps, zero_method="pratt", method="asymptotic", correction=False).pvalue
    assert ranks["pratt"]["method"] == "normal approximation"
    assert ranks["pratt"]["p_two_sided"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("scores", "scale", "expected"),
    [
        ([1, 3, 5], (1, 5), [1, 2, 3, 4, 5]),
        ([-10, -5, 5], (-10, 10), [-10, -5, 0, 5, 10]),
        ([0, 37, 81], (0, 100), []),
        ([1.5, 3], (1, 3), [1, 1.5, 2, 2.5, 3]),
    ],
)
def test_the_full_list_of_scores_follows_from_scale_and_step(scores, scale, expected):
    values = np.array(scores, float)
    denominator = 10 if (values % 1).any() else 1
    assert categories_of(values, denominator, scale) == expected


def test_more_fits_leave_room_for_fewer_levels_each():
    limits = [level_limit(fits) for fits in (1, 12, 165, 10_000)]
    assert limits == sorted(limits, reverse=True)
    assert limits[1] == 1000


def test_unpaired_raters_are_compared_by_all_scores(quick):
    rng = np.random.default_rng(8)
    rows = study(vignettes=200, arms=(("a", 1), ("b", 1)), raters=1)
    rows = rows.assign(rater=[f"r{r}" for r in rng.integers(0, 12, len(rows))])
    found = compared(quick, rows)
    assert found["primary"]["engine"] == "REML with Kenward-Roger of the scores"
    assert {"one rater per cell", "unmatched"} <= {fault["kind"] for fault in found["faults"]}


def test_each_responders_own_mean_is_given_unless_the_cell_is_small(quick):
    rows = study(arms=(("model", 1), ("doctors", 6)), vignettes=7, raters=2)
    responders = compared(quick, pd.DataFrame(rows))["responders"]
    assert [r["n"] for r in responders] == [4, 2, 2, 2, 2, 2]
    assert [r["mean"] is None for r in responders] == [False, True, True, True, True, True]
