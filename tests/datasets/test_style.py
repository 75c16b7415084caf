import pytest

from study.datasets.pseudonyms import lettered, numbered, shuffled
from study.datasets.style import StyleCounts, style_counts, whole_text


def test_style_counts_words_sentences_list_items_and_numerals() -> None:
    sections = {
        "assessment": "Risk is high. Act now!",
        "avoid": "- NSAIDs\n- 1,000 mg of 2.5 %",
        "monitoring": "",
    }
    counted = style_counts(sections)
    assert counted == StyleCounts(words=11, characters=45, sentences=4, list_items=2, numerals=2)


def test_an_empty_answer_has_no_style() -> None:
    assert style_counts({"assessment": " \n"}) == StyleCounts(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "sentences"), [("Give 2.5 mg daily.", 1), ("Use e.g. heparin", 1), ("A. B? C", 3)]
)
def test_a_stop_inside_a_number_ends_no_sentence(text: str, sentences: int) -> None:
    assert style_counts({"assessment": text}).sentences == sentences


def test_pseudonyms_have_as_many_digits_as_the_last_needs() -> None:
    assert list(numbered("S", range(3)).values()) == ["S01", "S02", "S03"]
    assert list(numbered("S", range(100)).values())[-1] == "S100"


def test_arm_codes_go_on_after_z() -> None:
    codes = list(lettered(range(28)).values())
    assert codes[:2] == ["A", "B"] and codes[25:] == ["Z", "AA", "AB"]


def test_the_order_depends_on_the_secret_and_the_purpose_and_on_nothing_else() -> None:
    names = {number: f"arm {number}" for number in range(8)}
    order = shuffled("00" * 32, "arm", names)
    assert order == shuffled("00" * 32, "arm", dict(reversed(names.items())))
    assert order != shuffled("11" * 32, "arm", names)
    assert order != shuffled("00" * 32, "rater", names)


def test_a_whole_text_is_the_sections_in_their_order_without_empty_ones() -> None:
    sections = {"avoid": "- NSAIDs", "assessment": "Risk.\nHigh.", "monitoring": " \n"}
    assert whole_text(sections) == "Risk.\nHigh.\n\n- NSAIDs"
    assert whole_text({}) == ""
