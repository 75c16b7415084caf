"""What the quick analysis says of a real blinded reader study."""

import pytest

from tests.analysis.quick.conftest import PAIRED, REAL


def comparison(results, dimension):
    return next(c for c in results["comparisons"] if c["dimension"] == dimension)


def test_the_two_way_t_over_complete_items_has_the_known_figures(real):
    complete = comparison(real, "correctness")["complete_blocks"]
    assert (complete["blocks_used"], complete["blocks"]) == (99, 100)
    assert complete["estimate"] == pytest.approx(0.59596, abs=5e-6)
    assert complete["se"] == pytest.approx(0.41530, abs=5e-6)
    assert complete["df"] == pytest.approx(4.56263, abs=5e-6)
    assert complete["p"]["two_sided"] == pytest.approx(0.21612, abs=5e-6)


def test_naive_analyses_have_the_known_p_values(real):
    naive = comparison(real, "correctness")["naive"]
    assert naive["cells"]["p_t"] == pytest.approx(0.00064, abs=5e-6)
    assert naive["vignettes"]["p_signed_rank"] == pytest.approx(0.00286, abs=5e-6)
    assert naive["raters"]["p_t"] == pytest.approx(0.219, abs=5e-4)


def test_a_small_p_from_pooled_cells_is_called_an_artefact(real):
    assert "the small p is an artefact" in comparison(real, "correctness")["naive_sentence"]
    assert comparison(real, "completeness")["naive_sentence"] == ""


def test_the_rater_who_supplies_most_of_the_effect_is_named(real):
    (line,) = comparison(real, "correctness")["influence"]
    assert line.startswith("Rater R3 supplies 72 % of the effect")
    assert comparison(real, "completeness")["influence"] == []


def test_a_rater_who_never_varied_is_named(real):
    flat = {(r["rater"], r["dimension"]) for r in real["design"]["constant_raters"]}
    assert flat == {("R4", "conciseness"), ("R4", "correctness")}


def test_the_order_flip_is_found_and_what_forgetting_it_does_is_shown(real):
    (check,) = real["coding"]["columns"]
    assert check["relation"] == {"raw": "raw_as_shown", "factor": 5.0, "turned": True}
    found = next(m for m in check["means"] if m["dimension"] == "completeness")
    assert found["mean"] == pytest.approx(1.576, abs=5e-4)
    assert found["mean_turned"] == pytest.approx(0.050, abs=5e-4)
    assert (round(found["icc"], 2), round(found["icc_turned"], 2)) == (0.66, 0.69)


def test_words_say_that_agreement_cannot_catch_a_coding_error(real):
    assert any("Agreement between raters cannot show" in line for line in real["coding_sentences"])


def test_reliability_has_the_known_average_over_raters(real):
    consistency = {r["dimension"]: round(r["icc_consistency"], 3) for r in real["reliability"]}
    assert consistency == {"completeness": 0.656, "conciseness": 0.335, "correctness": 0.313}


def test_one_responder_leaves_no_claim_word(real):
    assert all(c["word"].startswith("not estimable, because") for c in real["comparisons"])


def test_named_responders_only_may_carry_a_word_with_a_narrower_population(quick):
    found = comparison(quick(REAL, *PAIRED, "--fixed-responders").results, "correctness")
    assert found["word"] == "non-inferior"
    assert found["population"].endswith("of the named responders only")


def test_the_margin_is_an_eighth_of_the_scale_that_the_differences_come_from(real):
    assert real["settings"]["margin"] == 1.25
    assert real["settings"]["margin_source"] == "set by the program, not justified by anyone"
