"""Files that allow no test say why, and never end in a traceback."""

import numpy as np
import pandas as pd
import pytest

from tests.analysis.quick.conftest import study

TWO = (("a", 1), ("b", 1))


def blanked(mask):
    frame = study()
    return frame.assign(score=frame["score"].astype(object).where(~mask(frame), ""))


def apart(column):
    halves = [study(arms=((arm, 1),)) for arm in ("a", "b")]
    return pd.concat([halves[0], halves[1].assign(**{column: "x" + halves[1][column]})])


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (study(score=lambda _: 3), "all differences are equal"),
        (study(score=lambda arm: 5 if arm == "model" else 4), "all differences are equal"),
        (study(1, TWO), "fewer than 2 blocks"),
        (study(1, TWO, 1), "fewer than 2 blocks"),
        (study(raters=1), "one rater per cell"),
        (study(raters=2), "2 raters; at least 3 are needed"),
        (study(arms=TWO), "one responder answers everything for b"),
        (study(arms=(("a", 1), ("b", 3))), "3 responders in b; at least 5 are needed"),
        (study(arms=(("a", 3), ("b", 6))), "3 responders in a; at least 5 are needed"),
        (study(4, TWO), "4 vignettes; at least 5 blocks are needed"),
        (apart("vignette"), "no rater scored both sides of a vignette"),
        (apart("rater"), "no rater scored both sides of a vignette"),
        (blanked(lambda f: f["score"] > 0), "there is no score"),
        (blanked(lambda f: f["arm"] == "model"), "an arm has no score"),
    ],
)
def test_no_word_without_the_design_for_it(quick, frame, reason):
    outcome = quick(frame)
    assert outcome.status == 0
    (found,) = outcome.results["comparisons"]
    assert found["word"].startswith("not estimable, because ")
    assert reason in found["word"]
    assert reason in " ".join(outcome.out.split())


def test_an_estimate_is_printed_even_where_raters_do_not_match(quick):
    (found,) = quick(apart("rater")).results["comparisons"]
    assert found["primary"]["estimate"] is not None


def test_raters_who_never_vary_are_named_and_leave_no_variance(quick):
    rows = study(raters=4)
    outcome = quick(rows.assign(score=rows["rater"].str[1:].astype(int) + 1))
    assert len(outcome.results["design"]["constant_raters"]) == 4
    assert outcome.results["comparisons"][0]["word"].startswith("not estimable")


def test_a_rater_without_a_score_is_named_and_left_out(quick):
    outcome = quick(blanked(lambda f: f["rater"] == "r0"))
    assert outcome.results["design"]["silent_raters"] == ["r0"]
    assert outcome.results["comparisons"][0]["n"]["raters"] == 3


def test_a_measured_scale_has_no_categories_but_a_test(quick):
    rows = study()
    measured = rows.assign(score=np.random.default_rng(1).uniform(0, 100, len(rows)))
    results = quick(measured, "--scale", "0", "100").results
    assert results["comparisons"][0]["primary"]["interval"] is not None
    assert "different scores" in results["models"][0]["fits"][0]["ordinal"]["reason"]


def test_differences_that_are_all_zero_allow_no_test(quick):
    results = quick(study(score=lambda _: 0), "--paired-scores", "--scale", "-4", "4").results
    assert {c["word"].split(",")[0] for c in results["comparisons"]} == {"not estimable"}
