"""Which scores are paired, what is imputed, and which engine tests the mean."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.dataset import load_dataset
from analysis.differences import (
    Differences,
    block_table,
    mean_test,
    paired_differences,
    primary_scores,
)
from analysis.estimate import ENGINE_REML, ENGINE_TWO_WAY
from analysis.plan import default_plan
from analysis.primary import two_way_random_t
from tests.analysis.simulate import Study, simulate_study, write_dataset

SMALL = Study(vignettes=6, residents=3, raters=3, models=("model-a",))
PLAN = default_plan(["model-a"])


def _differences(cells, drop=()):
    kept = [cell for i, cell in enumerate(cells) if i not in drop]
    resident, vignette, rater, value = zip(*kept, strict=True)
    zero = np.zeros(len(kept))
    first = np.full(len(kept), "M")
    return Differences(
        np.array(vignette),
        first,
        np.array(resident),
        np.array(rater),
        np.array(value),
        zero,
        zero > 0,
        zero > 0,
    )


def _cells(seed=1, blocks=8, share=2, raters=4):
    rng = np.random.default_rng(seed)
    return [
        (f"s{b}", f"v{b}-{k}", f"r{r}", float(rng.integers(-2, 3)))
        for b in range(blocks)
        for k in range(share)
        for r in range(raters)
    ]


def _test(differences, **options):
    return mean_test(differences, margin=0.5, confidence=0.95, **options)


def test_complete_equal_blocks_go_to_the_two_way_t_on_block_means():
    cells = _cells()
    means = np.array([c[3] for c in cells]).reshape(8, 2, 4).mean(axis=1)
    assert _test(_differences(cells)) == two_way_random_t(means, margin=0.5).test()


def test_a_missing_cell_goes_to_reml_with_all_three_factors():
    result = _test(_differences(_cells(), drop=[3]))
    assert result.engine == ENGINE_REML
    assert set(result.components) == {"resident", "vignette", "rater", "residual"}
    assert result.estimable


def test_a_missing_whole_block_leaves_the_others_complete():
    assert _test(_differences(_cells(), drop=range(8))).engine == ENGINE_TWO_WAY


def test_a_resident_with_one_vignette_fewer_makes_blocks_unequal():
    assert _test(_differences(_cells(), drop=range(4))).engine == ENGINE_REML


def test_a_rater_who_skipped_everything_leaves_the_table_complete():
    cells = [cell for cell in _cells() if cell[2] != "r3"]
    result = _test(_differences(cells))
    assert result.engine == ENGINE_TWO_WAY


def test_equal_counts_with_different_raters_are_not_complete():
    cells = [c for c in _cells() if (c[1][-1] == "0") == (c[2] in ("r0", "r1"))]
    assert not block_table(_differences(cells), _differences(cells).second).complete


def test_residents_who_share_a_vignette_are_not_independent_blocks():
    shared = [(s, f"v{int(s[1:]) % 4}-{v[-1]}", r, d) for s, v, r, d in _cells()]
    assert block_table(_differences(shared), _differences(shared).second).complete
    assert _test(_differences(shared)).engine == ENGINE_REML


def test_one_vignette_per_resident_merges_the_two_factors():
    result = _test(_differences(_cells(share=1), drop=[0]))
    assert "resident and vignette" in result.components


def test_two_models_on_vignettes_use_vignettes_as_blocks():
    differences = replace(_differences(_cells()), second=np.full(64, "S"))
    assert _test(differences, blocks="vignette").engine == ENGINE_TWO_WAY
    assert _test(differences).reason == "fewer than 2 blocks"


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_equal_differences_in_incomplete_blocks_are_not_estimable(value):
    cells = [(*cell[:3], value) for cell in _cells()]
    result = _test(_differences(cells, drop=[0]))
    assert result.estimate == value
    assert "all differences are equal" in result.reason


def test_a_level_per_row_leaves_no_random_factor():
    two = _differences([("s0", "v0", "r0", 1.0), ("s1", "v1", "r1", 2.0)])
    assert "no random factor" in _test(two).reason


def test_no_pairs_are_not_estimable():
    empty = np.array([], dtype=str)
    none = Differences(empty, empty, empty, empty, np.array([]), np.array([]), empty == "", empty == "")
    assert "no vignette" in _test(none).reason
    assert not block_table(none, none.second).complete


@pytest.fixture
def frames():
    return simulate_study(np.random.default_rng(2), SMALL)


def _load(tmp_path, frames):
    write_dataset(tmp_path / "data", frames, SMALL, PLAN)
    return load_dataset(tmp_path / "data")


def _without(frames, response, status):
    planned = frames["responses"]
    gone = planned["response"] == response
    frames["responses"] = planned.assign(
        status=planned["status"].mask(gone, status), response=planned["response"].mask(gone, "")
    )
    for name in ("ratings", "harms", "guesses"):
        frames[name] = frames[name][frames[name]["response"] != response]
    return frames


@pytest.mark.parametrize("status", ["missing", "empty"])
def test_a_response_never_given_gets_the_lowest_score_from_every_rater_of_its_vignette(
    tmp_path, frames, status
):
    scores = primary_scores(_load(tmp_path, _without(frames, "r0000", status)), PLAN)
    imputed = scores[scores["imputed"]]
    assert len(imputed) == 3 * 4
    assert set(imputed["score"]) == {1.0}
    assert set(imputed["responder"]) == {"S01"}


@pytest.mark.parametrize("status", ["refused", "excluded"])
def test_no_other_status_is_imputed(tmp_path, frames, status):
    scores = primary_scores(_load(tmp_path, _without(frames, "r0000", status)), PLAN)
    assert not scores["imputed"].any()


def test_available_cases_leave_out_what_was_never_given(tmp_path, frames):
    plan = replace(PLAN, missing_response="available_cases")
    scores = primary_scores(_load(tmp_path, _without(frames, "r0000", "missing")), plan)
    assert not scores["imputed"].any()


def test_duplicates_other_variants_and_other_draws_stay_out(tmp_path, frames):
    ratings, responses = frames["ratings"], frames["responses"]
    model = ratings[ratings["arm"] == "C"]
    extra = responses[responses["arm"] == "C"].assign(draw=2, response=lambda x: x["response"] + "b")
    second = model.assign(draw=2, response=model["response"] + "b")
    frames["responses"] = pd.concat([responses, extra])
    frames["ratings"] = pd.concat([ratings, ratings.assign(copy=1), second])
    dataset = _load(tmp_path, frames)
    assert len(primary_scores(dataset, PLAN)) == len(ratings)
    other = primary_scores(dataset, replace(PLAN, primary_draw=2))
    assert len(other) == len(ratings)
    assert len(primary_scores(replace(dataset, unblinded=False), replace(PLAN, primary_draw=2))) == len(
        ratings
    )


def test_a_score_that_was_not_judged_drops_its_pairs_only(tmp_path, frames):
    first = frames["ratings"].index[frames["ratings"]["response"] == "r0000"]
    scores = primary_scores(_load(tmp_path, frames), PLAN)
    hit = (scores["responder"] == "S01") & (scores["rater"] == "R01")
    scores.loc[hit, "score"] = np.nan
    rows = scores[scores["dimension"] == "medication_safety"]
    assert len(first) > 0
    assert len(paired_differences(rows, ["S07"], ["S01", "S02", "S03"])) == 6 * 3 - 2


def test_pairs_join_vignette_and_rater_and_subtract_in_order(tmp_path, frames):
    scores = primary_scores(_load(tmp_path, frames), PLAN)
    rows = scores[scores["dimension"] == "medication_safety"]
    differences = paired_differences(rows, ["S07"], ["S01"])
    one = rows[(rows["vignette"] == differences.vignette[0]) & (rows["rater"] == differences.rater[0])]
    by_responder = one.set_index("responder")["score"]
    assert differences.value[0] == by_responder["S07"] - by_responder["S01"]


def test_differences_that_residents_explain_in_full_leave_no_residual():
    cells = [
        ("s0", "v0", "r0", 1.0),
        ("s0", "v0", "r1", 1.0),
        ("s1", "v1", "r1", 0.0),
        ("s2", "v2", "r0", 0.0),
    ]
    assert (
        "residual variance is estimated at 0" in _test(_differences([*cells, ("s2", "v2", "r1", 0.0)])).reason
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("002-2 010+2 011+1 012+0 120-1 130-2 252-2", "residual variance is estimated at 0"),
        ("011-2 121+0 122+0 131+1 240+2 251-1", "residual variance is estimated at 0"),
    ],
)
def test_a_handful_of_cells_is_not_estimable_with_a_reason(cells, reason):
    rows = [(f"s{c[0]}", f"v{c[1]}", f"r{c[2]}", float(c[3:])) for c in cells.split()]
    result = _test(_differences(rows))
    assert reason in result.reason
    assert result.interval is None
