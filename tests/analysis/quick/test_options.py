"""Options, forms of files, and the design that is found."""

import pandas as pd
import pytest

from tests.analysis.quick.conftest import study

GOOD = study()


def primary(outcome):
    return outcome.results["comparisons"][0]["primary"]


@pytest.mark.parametrize(
    "text",
    [
        GOOD.to_csv(index=False, sep=";"),
        GOOD.to_csv(index=False, sep="\t"),
        GOOD.to_csv(index=False).replace("\n", "\r\n"),
        "\ufeff" + GOOD.to_csv(index=False),
        GOOD.rename(columns={"vignette": "item"}).to_csv(index=False),
        GOOD.sample(frac=1, random_state=3).to_csv(index=False),
    ],
)
def test_the_form_of_the_file_and_the_order_of_rows_change_nothing(quick, text):
    assert primary(quick(text)) == primary(quick(GOOD))


def test_parquet_gives_what_csv_gives(quick, tmp_path):
    GOOD.to_parquet(tmp_path / "ratings.parquet")
    assert primary(quick(tmp_path / "ratings.parquet")) == primary(quick(GOOD))


def test_a_bad_score_in_parquet_is_named_by_row(quick, tmp_path):
    GOOD.assign(score=GOOD["score"].where(GOOD.index != 4, 8)).to_parquet(tmp_path / "r.parquet")
    assert "row 5: score 8 is outside" in quick(tmp_path / "r.parquet").err


def test_columns_may_have_other_names(quick):
    renamed = GOOD.rename(columns={"arm": "system", "score": "points"})
    assert primary(quick(renamed, "--arm", "system", "--score", "points")) == primary(quick(GOOD))


def test_the_first_occasion_is_analysed(quick):
    later = GOOD.assign(day=10, score=1)
    both = pd.concat([later, GOOD.assign(day=9)])
    results = quick(both, "--occasion", "day").results
    assert results["design"]["repeated_rows"] == len(GOOD)
    assert results["comparisons"][0]["primary"] == primary(quick(GOOD))


def test_an_occasion_may_not_repeat_a_cell(quick):
    twice = pd.concat([GOOD, GOOD[:1]]).assign(day=1)
    assert "one row for each value of day" in quick(twice, "--occasion", "day").err


def test_the_arm_with_more_responders_gives_the_blocks(quick):
    found = quick(GOOD).results["comparisons"][0]
    assert (found["title"], found["block"]) == ("model minus doctors", "responder")


@pytest.mark.parametrize("option", ["--lead", "--reference"])
def test_a_named_arm_takes_its_side(quick, option):
    arms = (("a", 1), ("b", 1), ("c", 1))
    titles = {c["title"] for c in quick(study(arms=arms), option, "b").results["comparisons"]}
    expected = {"b minus a", "b minus c"} if option == "--lead" else {"a minus b", "c minus b"}
    assert titles == expected | {"a minus c"}


def test_too_many_pairs_are_cut_to_those_of_the_named_arm(quick):
    arms = tuple((f"a{i:02d}", 1) for i in range(50))
    found = quick(study(2, arms, 1), "--reference", "a07").results["comparisons"]
    assert len(found) == 49
    assert {c["second"] for c in found} == {"a07"}


def test_a_given_margin_decides_and_is_the_users(quick):
    wide, narrow = (quick(GOOD, "--margin", margin).results for margin in ("3.5", "0.01"))
    assert wide["comparisons"][0]["word"] == "equivalent (not better by 3.5 or more)"
    assert narrow["comparisons"][0]["word"] == "inconclusive"
    assert wide["settings"]["margin_source"] == "given by the user"


def test_the_design_is_told_crossed_from_not(quick):
    assert quick(GOOD).results["design"]["ratings"]["kind"] == "fully crossed"
    holes = quick(GOOD.drop(index=[3, 50])).results["design"]["ratings"]
    assert (holes["kind"], holes["absent"]) == ("partly crossed", 2)
    assert quick(study(raters=1)).results["design"]["ratings"]["kind"] == "one rater per cell"


def test_how_responders_share_vignettes_is_told(quick):
    arms = {a["arm"]: a["sharing"] for a in quick(GOOD).results["design"]["arms"]}
    assert arms["model"] == "one responder answers everything"
    assert arms["doctors"] == "every vignette is answered by one responder"


def test_responders_in_two_arms_are_named(quick):
    rows = GOOD.assign(responder=GOOD["responder"].str.replace("model-0", "doctors-0"))
    assert quick(rows).results["design"]["responders_in_several_arms"] == ["doctors-0"]
