"""The text about the results: the four claim words, sizes, zeros, singular parts, populations and faults."""

import re

import pytest

from analysis.narrative import contrast_sentence, number
from analysis.sensitivities.execute import CLAIM_WORDS

FORBIDDEN = ("no difference", "matches", "as good as", "comparable", "significant", "similar")


def test_every_contrast_has_a_sentence_with_what_a_reader_needs(results):
    for contrast in results["contrasts"]:
        sentence = contrast_sentence(contrast)
        assert sentence in results["results_text"]
        for needed in ("points", "95 % interval", "90 % interval", "degrees of freedom", "n = 120", "are 0"):
            assert needed in sentence
        assert all(f"{part}" in sentence for part in contrast["singular"])


def test_only_the_four_claim_words_are_used(results):
    text = " ".join([results["methods"], *results["results_text"]]).lower()
    assert not [word for word in FORBIDDEN if re.search(rf"\b{word}\b", text)]
    for contrast in results["contrasts"]:
        assert contrast["unadjusted"] in CLAIM_WORDS


def test_each_result_says_about_whom_it_speaks(results):
    text = results["results_text"][-1]
    assert all(who in text for who in results["populations"].values())
    assert "nothing here speaks of other models" in text


def test_changes_of_words_are_counted_and_absent_sensitivities_named(results):
    text = results["results_text"][-2]
    changed = sum(row["changed"] is True for row in results["sensitivities"])
    assert f"changed in {changed}" in text
    for entry in results["sensitivity_list"]:
        assert entry["available"] or entry["reason"] in text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (-0.254, "−0.25"), (-0.001, "0.00"), (1.0, "1.00")])
def test_numbers_have_a_true_minus_and_no_negative_zero(value, text):
    assert number(value) == text
