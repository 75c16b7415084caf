import pytest

from study.engines.sampling import SAMPLING, complete_sampling
from study.engines.text import clean_json, clean_text
from study.protocol.records import messages_sha256
from study.protocol.rubric import SECTIONS
from study.responses.inputs import clean_sections, count_words, sections_sha256
from study.responses.prompts import SYSTEM_PROMPTS, build_messages


def test_line_ends_of_forms_and_what_databases_refuse_are_cleaned() -> None:
    assert clean_text(" a\r\nb\rc\x00\ud800 ") == "a\nb\nc?"


def test_nested_json_is_cleaned_without_changing_its_shape() -> None:
    assert clean_json({"a\x00": ["b\x00", 1, None]}) == {"a": ["b", 1, None]}


def test_missing_sections_are_empty_and_unknown_ones_refused() -> None:
    assert list(clean_sections({"avoid": "x"})) == list(SECTIONS)
    with pytest.raises(ValueError, match="summary is no section"):
        clean_sections({"summary": "x"})


def test_words_are_counted_over_all_sections() -> None:
    assert count_words({"assessment": "one  two\nthree", "avoid": "four"}) == 4


def test_the_hash_depends_on_the_section_in_which_a_text_stands() -> None:
    there, here = clean_sections({"avoid": "x"}), clean_sections({"monitoring": "x"})
    assert sections_sha256(there) != sections_sha256(here)


def test_every_sampling_parameter_is_always_named() -> None:
    assert set(complete_sampling({"temperature": 0})) == set(SAMPLING)


@pytest.mark.parametrize(
    "given", [{"heat": 1}, {"temperature": "0"}, {"temperature": 3}, {"top_k": 1.5}, {"max_tokens": True}]
)
def test_a_sampling_parameter_that_is_wrong_is_named(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        complete_sampling(given)


@pytest.mark.parametrize("version", SYSTEM_PROMPTS)
def test_the_prompt_asks_for_the_residents_form_and_cap(version: str) -> None:
    messages = build_messages(scenario="S!", question="Q?", word_cap=180, version=version)
    text = messages[-1]["content"]
    assert all(f"## {heading}" in text for heading in SECTIONS.values())
    assert all(part in text for part in ("S!", "Q?", "180 words"))


def test_another_case_is_another_prompt_hash() -> None:
    first, second = (
        build_messages(scenario=scenario, question="Q", word_cap=250, version="1") for scenario in "ab"
    )
    assert messages_sha256(first) != messages_sha256(second)
