import math
from dataclasses import asdict

import numpy as np
import pytest

from analysis.style.hedges import HEDGES, count_hedges
from analysis.style.marks import LIST_ITEM, count_marks
from analysis.style.metrics import LABELS, METRICS, moving_variety, style_metrics
from analysis.style.readability import reading_ease, school_grade, syllables


def test_readability_is_that_of_the_formulas_by_hand() -> None:
    words = ["The", "patient", "needs", "a", "lower", "dose"]
    assert sum(map(syllables, words)) == 8
    assert reading_ease(words * 2, 2) == pytest.approx(206.835 - 1.015 * 6 - 84.6 * 8 / 6)
    assert school_grade(words * 2, 2) == pytest.approx(0.39 * 6 + 11.8 * 8 / 6 - 15.59)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("dose", 1), ("doses", 2), ("table", 2), ("tables", 2), ("stopped", 1), ("needed", 2), ("makes", 1),
        ("medication", 4), ("sodium", 3), ("pneumonia", 4), ("previous", 3), ("cautious", 2), ("daily", 2),
        ("potassium", 4), ("naïve", 1), ("INR", 1), ("the", 1), ("mg", 1),
    ],
)  # fmt: skip
def test_syllables_are_counted_by_the_written_rules(word: str, count: int) -> None:
    assert syllables(word) == count


def test_one_text_gives_the_figures_counted_by_hand() -> None:
    found = style_metrics(
        "## Plan\n**Hold** the drug — it may harm.\n- Check “K” at 5.5 mmol\n- Call 🚑 now!"
    )
    assert (found.words, found.sentences) == (14, 4)
    assert found.list_share == 0.5
    per_word = {"emphasis": 1, "headings": 1, "long_dashes": 1, "curly_quotes": 2, "emoji": 1, "non_ascii": 4}
    per_word |= {"numerals": 1, "hedges": 1, "spaced_hyphens": 0}
    assert {name: getattr(found, name) * 14 / 100 for name in per_word} == pytest.approx(per_word)


def test_an_empty_text_has_no_words_and_nothing_else_to_tell() -> None:
    for text in ("", " \n\n", "…!"):
        found = asdict(style_metrics(text))
        assert (found.pop("words"), found.pop("sentences")) == (0, 0)
        assert all(math.isnan(value) for value in found.values())


def test_one_word_is_one_sentence() -> None:
    found = style_metrics("Stop")
    assert (found.words, found.sentences, found.words_per_sentence, found.variety) == (1, 1, 1, 1)
    assert found.reading_ease == pytest.approx(206.835 - 1.015 - 84.6)


def test_a_text_without_latin_letters_has_no_readability_and_everything_else() -> None:
    found = asdict(style_metrics("停药。 12 小时后复查。"))
    assert {name for name, value in found.items() if math.isnan(value)} == {"reading_ease", "school_grade"}


def test_a_stop_inside_a_number_or_before_a_closing_mark_is_read_as_people_do() -> None:
    assert style_metrics("Give 2.5 mg, e.g. now.").sentences == 1
    assert style_metrics('**Stop.** Ask: "Why?" Then go').sentences == 3


@pytest.mark.parametrize("line", ["- a", "* a", "• a", "1. a", "2) a", "(b) a", "   - a", "·  a"])
def test_list_items_are_known_in_every_usual_form(line: str) -> None:
    assert LIST_ITEM.match(line)


@pytest.mark.parametrize("line", ["-5 mg", "10.5 mg", "a dose", "2 tablets", "*bold* word"])
def test_a_line_that_begins_with_a_figure_or_a_word_is_no_list_item(line: str) -> None:
    assert not LIST_ITEM.match(line)


def test_products_and_star_alleles_are_no_emphasis() -> None:
    assert count_marks("CYP2C19 *2/*17, 2*3*4 and snake_case_name")["emphasis"] == 0
    assert count_marks("**a** *b* __c__ `d` <strong>e</strong>")["emphasis"] >= 5


def test_a_phrase_counts_as_one_hedge_in_any_case_and_never_inside_a_word() -> None:
    assert count_hedges("We CANNOT rule\nout sepsis; it may be likely.") == 3
    assert count_hedges("Mayor Aroundson") == 0
    assert len(set(HEDGES)) == len(HEDGES)


def test_variety_of_a_moving_window_is_that_of_every_window_by_itself() -> None:
    rng = np.random.default_rng(1)
    words = [f"w{i}" for i in rng.integers(0, 9, 60)]
    shares = [len(set(words[i : i + 7])) / 7 for i in range(54)]
    assert moving_variety(words, 7) == pytest.approx(np.mean(shares))


def test_every_figure_has_a_label() -> None:
    assert tuple(LABELS) == METRICS
